#include "sense/query/projection.h"

#include <algorithm>

#include "base/text.h"
#include "sense/query/ast.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

namespace {

using Member = Projection::Member;
constexpr std::size_t kMaxMembers = 512;

class ProjectionReader {
 public:
  ProjectionReader(std::string_view text, const NameExpander& expand, std::string_view parameter) : scan_(text, parameter), expand_(expand) {}
  Result<void> run(std::vector<Member>& out) {
    if (scan_.text.size() > kMaxBytes) return scan_.too_much("longer than 16,384 bytes");
    if (!is_utf8(scan_.text)) return scan_.fail("no UTF-8");
    MACHIYA_CHECK(list(out, 0));
    if (!scan_.done()) return scan_.fail(scan_.peek() == '}' ? "a } without its {" : ", is expected here");
    return {};
  }

 private:
  Scan scan_;
  const NameExpander& expand_;
  std::size_t count_ = 0;

  Result<void> list(std::vector<Member>& out, int depth) {
    if (depth > kMaxLinks) return scan_.too_much("more than 8 linked entities in a row");
    do {
      if (++count_ > kMaxMembers) return scan_.too_much("more than 512 members");
      const std::string_view name = scan_.name(true);
      if (name.empty()) return scan_.fail(scan_.done() ? "a member is missing at the end" : "a member's name is expected here");
      const Core core = core_member(name);
      Member member{std::string(name), core == Core::none ? expanded(name, expand_) : std::string(core_name(core)), {}};
      if (scan_.take("{")) {
        if (core != Core::none) return scan_.fail("only relationships lead to linked entities");
        MACHIYA_CHECK(list(member.linked, depth + 1));
        if (!scan_.take("}")) return scan_.fail("a } is missing");
      }
      out.push_back(std::move(member));
    } while (scan_.take(",") || scan_.take("|"));
    return {};
  }
};

int depth_of(const std::vector<Member>& members) {
  int out = 0;
  for (const Member& m : members) out = std::max(out, m.linked.empty() ? 0 : 1 + depth_of(m.linked));
  return out;
}

void write_members(const std::vector<Member>& members, std::string& out) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    out += core_member(members[i].name) == Core::none ? bracketed(members[i].name) : members[i].name;
    if (members[i].linked.empty()) continue;
    out += '{', write_members(members[i].linked, out), out += '}';
  }
}

const Member* shared(const std::vector<Member>& a, const std::vector<Member>& b) {
  for (const Member& m : a) {
    for (const Member& n : b) {
      if (m.name != n.name) continue;
      if (m.linked.empty() || n.linked.empty() || shared(m.linked, n.linked)) return &m;
    }
  }
  return nullptr;
}

}  // namespace

Result<Projection> Projection::parse(std::string_view text, const NameExpander& expand, std::string_view parameter) { return parse(std::span(&text, 1), expand, parameter); }

Result<Projection> Projection::parse(std::span<const std::string_view> texts, const NameExpander& expand, std::string_view parameter) {
  Projection out;
  if (texts.empty()) return Error(ErrorCode::malformed_request, std::string(parameter) + ": an empty list is not allowed", std::string(parameter));
  for (const std::string_view text : texts) MACHIYA_CHECK(ProjectionReader(text, expand, parameter).run(out.members_));
  return out;
}

const Projection::Member* Projection::find(std::string_view name) const {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

int Projection::linked_depth() const { return depth_of(members_); }

std::string Projection::text() const {
  std::string out;
  write_members(members_, out);
  return out;
}

Result<void> check_projections(const Projection& pick, const Projection& omit, bool has_attrs) {
  if (has_attrs && !(pick.empty() && omit.empty())) return Error(ErrorCode::malformed_request, "attrs goes neither with pick nor with omit", "attrs");
  if (const Member* m = shared(pick.members(), omit.members())) return Error(ErrorCode::malformed_request, "pick and omit both name " + m->term, "omit");
  return {};
}

bool is_name(std::string_view text) {
  if (!is_utf8(text) || text.empty()) return false;
  Scan scan(text, "");
  return scan.name().size() == text.size();
}

bool is_system_member(std::string_view term) { return core_member(term) != Core::none; }

Result<std::vector<std::string>> parse_names(std::string_view text, const NameExpander& expand, std::string_view parameter) {
  std::vector<std::string> out;
  Scan scan(text, parameter);
  if (text.size() > kMaxBytes) return scan.too_much("longer than 16,384 bytes");
  if (!is_utf8(text)) return scan.fail("no UTF-8");
  do {
    const std::string_view name = scan.name();
    if (name.empty()) return scan.fail(scan.done() ? "a name is missing at the end" : "a name is expected here");
    std::string iri = core_member(name) == Core::none ? expanded(name, expand) : std::string(core_name(core_member(name)));
    if (std::find(out.begin(), out.end(), iri) == out.end()) out.push_back(std::move(iri));
  } while (scan.take(","));
  if (!scan.done()) return scan.fail(", is expected here");
  return out;
}

}  // namespace machiya::sense
