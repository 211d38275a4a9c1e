// Our OpenAPI document against the schema of OpenAPI 3.1: @seriousme/openapi-schema-validator of
// npm, found through NODE_PATH.
#include <gtest/gtest.h>
#include <avila/web/openapi.hpp>
#include <avila/web/router.hpp>
#include <avila_test/tools.hpp>
#include <fstream>
#include <memory>

namespace {

using namespace avila;

http::Response plain(http::Request&) { return http::Response(200); }

constexpr const char* kValidate = R"js(
const { createRequire } = require('module');
const path = createRequire(__filename).resolve('@seriousme/openapi-schema-validator');
import(path).then(async ({ Validator }) => {
  const validator = new Validator();
  const result = await validator.validate(process.argv[2]);
  console.log(result.valid ? 'valid ' + validator.version : JSON.stringify(result.errors));
});
)js";

class OpenApiValidator : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("node");
    const std::string probe = "node -e \"require.resolve('@seriousme/openapi-schema-validator')\"";
    if (avila_test::run_command(probe + " 2>/dev/null").status != 0) {
      std::printf("SKIPPED: @seriousme/openapi-schema-validator is not below NODE_PATH\n");
      GTEST_SKIP() << "npm package @seriousme/openapi-schema-validator is not below NODE_PATH";
    }
    std::ofstream(folder_ / "validate.js") << kValidate;
  }
  std::string validate(const std::string& document) {
    std::ofstream(folder_ / "api.json") << document;
    return avila_test::run_command("node " + folder_ / "validate.js" + " " + folder_ / "api.json" +
                                   " 2>&1")
        .out;
  }
  avila_test::TempDir folder_;
};

TEST_F(OpenApiValidator, AcceptsWhatRoutesSay) {
  web::Router router;
  router.get("/users/:id/files/*path", plain)
      .summary("A \"file\"")
      .description("With every kind of description.")
      .operation_id("file")
      .tag("files")
      .parameter({"id", "path", "Whose", true, R"({"type":"integer","minimum":1})"})
      .parameter({"depth", "query", "How deep", false, R"({"type":"integer"})"})
      .parameter({"X-Trace", "header", "", false})
      .response({200, "The file", R"({"type":["string","null"]})", "text/plain"})
      .response(
          {404, "None", R"({"$ref":"#/components/schemas/Problem"})", "application/problem+json"})
      .response({204, "Nothing", ""});
  router.post("/users/:id/files/*path", plain)
      .request_schema(R"({"$ref":"#/components/schemas/File"})");
  router.put("/users", plain).request_schema("{}", "application/octet-stream");
  router.erase("/users", plain);
  router.patch("/", plain);
  web::OpenApiInfo info;
  info.title = "Files";
  info.description = "All of it.";
  info.servers = {"https://files.example/v1"};
  info.bearer_auth = true;
  info.schemas = {{"File", R"({"type":"object","properties":{"name":{"type":"string"}}})"},
                  {"Problem", R"({"type":"object"})"}};
  EXPECT_EQ(validate(web::openapi_json(router, info)), "valid 3.1\n");
  EXPECT_EQ(validate(web::openapi_json(web::Router())), "valid 3.1\n");
  EXPECT_NE(validate(R"({"openapi":"3.1.0","info":{}})"), "valid 3.1\n");  // it does look
}

}  // namespace
