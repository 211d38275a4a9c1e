// Certificate policies (RFC 5280 §6.1, with the graph of RFC 9618 in place of the tree: a level
// holds each policy once, so that its size is the number of policies and not of their paths).
#include <algorithm>
#include <map>

#include "path.hpp"

namespace avila::pki::detail {
namespace {

using asn1::Oid;

struct Node {
  std::vector<Oid> parents;  ///< of the level before; none: anyPolicy is the parent
  bool mapped = false;
};
struct Level {
  std::map<Oid, Node> nodes;
  bool has_any = false;

  bool empty() const noexcept { return nodes.empty() && !has_any; }
};

/// RFC 5280 §6.1.3 (d), (e): what the certificate's policies leave of what was expected.
void apply_policies(Level& level, const Extensions& extensions, bool any_allowed) {
  if (!extensions.policies.has_value()) {
    level = Level();
    return;
  }
  const auto& policies = *extensions.policies;
  const auto lists = [&](const Oid& policy) {
    return std::any_of(policies.begin(), policies.end(),
                       [&](const PolicyInformation& p) { return p.policy == policy; });
  };
  const bool takes_any = any_allowed && lists(oids::kAnyPolicy);
  if (!takes_any) std::erase_if(level.nodes, [&](const auto& node) { return !lists(node.first); });
  if (level.has_any)
    for (const PolicyInformation& p : policies)
      if (p.policy != oids::kAnyPolicy) level.nodes.try_emplace(p.policy);
  level.has_any = level.has_any && takes_any;
}

/// RFC 5280 §6.1.4 (a), (b): marks what is mapped in `level`; what the next certificate may say.
Level expected_next(Level& level, const Extensions& extensions, bool mapping_allowed) {
  Level next;
  next.has_any = level.has_any;
  if (extensions.policy_mappings.has_value()) {
    for (const PolicyMapping& mapping : *extensions.policy_mappings) {
      if (!mapping_allowed) {
        level.nodes.erase(mapping.issuer_policy);
        continue;
      }
      if (level.has_any) level.nodes.try_emplace(mapping.issuer_policy);
      const auto found = level.nodes.find(mapping.issuer_policy);
      if (found == level.nodes.end()) continue;
      found->second.mapped = true;
      next.nodes[mapping.subject_policy].parents.push_back(mapping.issuer_policy);
    }
  }
  for (const auto& [policy, node] : level.nodes)
    if (!node.mapped) next.nodes[policy].parents.push_back(policy);
  return next;
}

/// The policies directly below anyPolicy from which a path leads to the last level: the domain of
/// the anchor (§6.1.5 (g) iii 1).
std::vector<Oid> valid_policies(const std::vector<Level>& levels) {
  std::vector<Oid> valid;
  std::vector<Oid> reached;
  for (const auto& [policy, node] : levels.back().nodes) reached.push_back(policy);
  for (std::size_t i = levels.size(); i-- > 0;) {
    std::vector<Oid> parents;
    for (const Oid& policy : reached) {
      const auto found = levels[i].nodes.find(policy);
      if (found == levels[i].nodes.end()) continue;
      if (found->second.parents.empty()) {
        valid.push_back(policy);
      } else {
        parents.insert(parents.end(), found->second.parents.begin(), found->second.parents.end());
      }
    }
    std::sort(parents.begin(), parents.end());
    parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
    reached = std::move(parents);
  }
  std::sort(valid.begin(), valid.end());
  valid.erase(std::unique(valid.begin(), valid.end()), valid.end());
  return valid;
}

void lower(std::size_t& counter, const std::optional<std::uint32_t>& to) noexcept {
  if (to.has_value() && *to < counter) counter = *to;
}

}  // namespace

Result<std::vector<Oid>> check_policies(const Path& path, const VerifyOptions& options) {
  const std::vector<Certificate>& chain = path.certificates;
  const std::size_t many = chain.size() + 1;
  std::size_t explicit_policy = options.require_explicit_policy ? 0 : many;
  std::size_t inhibit_any = options.inhibit_any_policy ? 0 : many;
  std::size_t inhibit_mapping = options.inhibit_policy_mapping ? 0 : many;
  std::vector<Level> levels;
  Level level;
  level.has_any = true;
  for (std::size_t i = chain.size(); i-- > 0;) {
    const Certificate& certificate = chain[i];
    const Extensions& extensions = certificate.extensions();
    // An anchor without policies is for all of them (RFC 5937 §3.2).
    if (path.is_anchor(i) && chain.size() > 1 &&
        (!path.counts(i) || !extensions.policies.has_value())) {
      if (!path.counts(i)) continue;
    } else {
      const bool own = i != 0 && certificate.is_self_issued();
      apply_policies(level, extensions, inhibit_any > 0 || own);
    }
    if (i == 0) {
      levels.push_back(level);
      break;
    }
    if (extensions.policy_mappings.has_value())
      for (const PolicyMapping& mapping : *extensions.policy_mappings)
        if (mapping.issuer_policy == oids::kAnyPolicy || mapping.subject_policy == oids::kAnyPolicy)
          return chain_error(ChainError::PolicyNotAccepted, i, certificate,
                             "maps anyPolicy, which cannot be mapped");
    Level next = expected_next(level, extensions, inhibit_mapping > 0);
    levels.push_back(std::move(level));
    level = std::move(next);
    // §6.1.4 (h) to (j)
    if (!certificate.is_self_issued()) {
      if (explicit_policy > 0) --explicit_policy;
      if (inhibit_mapping > 0) --inhibit_mapping;
      if (inhibit_any > 0) --inhibit_any;
    }
    if (extensions.policy_constraints.has_value()) {
      lower(explicit_policy, extensions.policy_constraints->require_explicit_policy);
      lower(inhibit_mapping, extensions.policy_constraints->inhibit_policy_mapping);
    }
    lower(inhibit_any, extensions.inhibit_any_policy);
  }
  // §6.1.5 (a), (b), (g)
  const Extensions& leaf = chain[0].extensions();
  if (explicit_policy > 0) --explicit_policy;
  if (leaf.policy_constraints.has_value() &&
      leaf.policy_constraints->require_explicit_policy == std::uint32_t{0})
    explicit_policy = 0;
  const bool any_wanted =
      options.policies.empty() || std::find(options.policies.begin(), options.policies.end(),
                                            oids::kAnyPolicy) != options.policies.end();
  std::vector<Oid> policies = valid_policies(levels);
  const bool has_any = levels.back().has_any;
  if (any_wanted) {
    if (has_any) policies.push_back(oids::kAnyPolicy);
  } else {
    std::vector<Oid> wanted = options.policies;
    std::erase_if(wanted, [&](const Oid& policy) {
      return !has_any && std::find(policies.begin(), policies.end(), policy) == policies.end();
    });
    policies = std::move(wanted);
  }
  if (policies.empty() && explicit_policy == 0)
    return chain_error(ChainError::PolicyNotAccepted, 0, chain[0],
                       "is not valid for any accepted certificate policy");
  return policies;
}

}  // namespace avila::pki::detail
