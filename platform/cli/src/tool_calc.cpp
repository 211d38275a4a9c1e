// `avl tool calc`: exact arithmetic.
#include <avila/numeric/evaluate.hpp>

#include "tool.hpp"

namespace avila::cli {

Result<int> tool_calc(const Arguments& arguments) {
  numeric::EvaluateLimits limits;
  AVILA_TRY(limits.precision, number_option(arguments, "--digits", limits.precision, 1, 1'000'000));
  AVILA_TRY(const numeric::Evaluation result, numeric::evaluate(arguments.operand(0), limits));
  AVILA_TRY_VOID(print(result.text + '\n'));
  return kDone;
}

}  // namespace avila::cli
