// /my/access: who looked at my records, when and what for. The audit is the source, so that nothing is told here that is not proved there.
#include <charconv>
#include <map>

#include "ask/apply/apply.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

using pages::Data;

constexpr int kRows = 50;

/// The text of `key` with the id behind it, or of `otherwise` for ids that citizens need not tell apart.
std::string named(const locale::Catalogue& texts, std::string_view lang, const std::string& key, std::string_view otherwise) {
  return texts.raw(lang, key) ? texts.text(lang, key) : otherwise.empty() ? std::string() : texts.text(lang, otherwise);
}

}  // namespace

/// Citizens see the department that answers for the reading, not the person: the city is responsible, and the audit names the account.
Result<std::string> Apply::reader_of(const http::Request& request, const std::string& actor) const {
  if (starts_with(actor, "staff:") && ports_.department_of) {
    MACHIYA_TRY(std::string department, ports_.department_of(actor.substr(6), request.lang));
    if (!department.empty()) return department;
  }
  if (starts_with(actor, "staff:")) return text(request, "access.by.staff");
  if (starts_with(actor, "client:")) return text(request, "access.by.program");
  if (starts_with(actor, "person:")) return text(request, "access.by.person");
  return text(request, "access.by.system");
}

Result<Data> Apply::access_rows(const http::Request& request, const std::vector<audit::Audit::Record>& records) const {
  std::map<std::string, std::string> readers;
  Data rows{Data::List{}};
  for (const auto& record : records) {
    const audit::Entry& e = record.entry;
    if (!readers.count(e.actor)) {
      MACHIYA_TRY(readers[e.actor], reader_of(request, e.actor));
    }
    Data row;
    row.set("at", locale::format_time(record.at, request.lang)).set("at_iso", to_iso_japan(record.at)).set("who", readers[e.actor]);
    row.set("did", named(p_.texts, request.lang, "access.did." + e.action, "access.did.other"));
    if (const std::string purpose = named(p_.texts, request.lang, "access.for." + e.purpose, ""); !purpose.empty()) row.set("purpose", purpose);
    if (starts_with(e.object, "case:")) row.set("number", e.object.substr(5));
    rows.push(std::move(row));
  }
  return rows;
}

http::Response Apply::access_page(http::Request& request) {
  const auto& who = identity::principal_of(request);
  auto own = ports_.own_cases(who, request.lang);
  if (!own.ok()) return http::problem(own.error(), request);
  audit::Search wanted;
  wanted.objects.push_back(who.actor());
  for (const OwnCase& one : *own) wanted.objects.push_back("case:" + one.number);
  wanted.not_actor = who.actor();
  wanted.limit = kRows;
  if (const auto before = request.query("before")) std::from_chars(before->data(), before->data() + before->size(), wanted.before);
  auto found = p_.audit.search(wanted);
  if (!found.ok()) return http::problem(found.error(), request);
  auto rows = access_rows(request, found->records);
  if (!rows.ok()) return http::problem(rows.error(), request);
  p_.audit.append_later({who.actor(), "access.read", who.actor(), "own", request.id, {}});
  Data data = page_data(request, text(request, "access.title"));
  data.set("nav_cases", true).set("rows", std::move(*rows)).set("nothing", found->records.empty());
  data.set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", "/my").set("label", text(request, "layout.my_cases"))})));
  if (found->next_before > 0) data.set("older", "/my/access?before=" + std::to_string(found->next_before));
  return render("apply/access", std::move(data), request);
}

}  // namespace machiya::apply
