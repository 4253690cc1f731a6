// Lists of cases: the inbox with its counts, the applicant's own cases, search, export.
#include <set>

#include "ask/cases/case_state.h"
#include "ask/cases/receipt_number.h"
#include "platform/audit/audit.h"
#include "platform/identity/identity.h"
#include "platform/identity/ties.h"
#include "platform/vault/vault.h"

namespace machiya::cases {
namespace {

constexpr int kSearchLimit = 100;
constexpr int kExportPage = 500;

std::string applicant_in(const records::Terms& terms) {
  for (const auto& [field, text] : terms)
    if (field == "name") return text;
  return {};
}

}  // namespace

CaseRow Cases::row_of(const records::RecordRow& r, std::string_view lang) const {
  CaseRow out;
  out.number = r.number, out.procedure = r.type, out.title = r.title, out.state = out.state_name = r.state;
  out.department = r.department, out.assignee = r.assignee, out.category = r.category, out.proposal = r.proposal;
  out.received = r.created, out.changed = r.changed, out.due = r.due, out.ended = r.ended.has_value();
  out.clock_running = r.clock == records::ClockState::running;
  out.overdue = out.clock_running && r.due && *r.due < p_.clock.now();
  if (auto rules = definitions_.current(r.type); rules.ok()) {
    if (const State* s = (*rules)->workflow->state(r.state)) out.state_name = s->name.in(lang);
    if (const std::string& name = (*rules)->procedure->name.in(lang); !name.empty()) out.title = name;
  }
  return out;
}

std::vector<std::string> Cases::readable_departments(const identity::Principal& who) const {
  std::vector<std::string> out;
  if (ports_.departments)
    for (std::string& d : ports_.departments())
      if (may(who, "case.list", d)) out.push_back(std::move(d));
  if (out.empty() && may(who, "case.list", who.department)) out.push_back(who.department);
  return out;
}

std::string Cases::purpose_of(const identity::Principal& who, std::string_view permission) const { return p_.identity.decide(who, permission, {}).purpose; }

Result<records::ListFilter> Cases::filter_for(store::ReadTx& tx, const InboxFilter& f, const identity::Principal& who) const {
  records::ListFilter out;
  if (!f.department.empty()) {
    if (!may(who, "case.list", f.department)) return Error(ErrorCode::forbidden, "case.list");
    out.departments = {f.department};
  } else {
    out.departments = readable_departments(who);
    if (out.departments.empty()) return Error(ErrorCode::forbidden, "case.list");
  }
  out.state = f.state, out.type = f.procedure, out.assignee = f.assignee, out.category = f.category;
  out.unassigned = f.unassigned, out.open_only = !f.ended, out.proposals_only = f.proposals;
  if (f.overdue) out.overdue_at = p_.clock.now();
  out.limit = std::max(1, std::min(f.limit, 200));
  if (!f.after.empty()) {
    MACHIYA_TRY(auto row, records::find_record(tx, f.after));
    if (!row) return Error(ErrorCode::not_found, "no such page");
    out.before = row->id;
  }
  return out;
}

Result<Inbox> Cases::inbox(const InboxFilter& f, const identity::Principal& who) {
  return p_.store.read([&](store::ReadTx& tx) -> Result<Inbox> {
    MACHIYA_TRY(records::ListFilter filter, filter_for(tx, f, who));
    records::ListFilter wide;
    wide.departments = filter.departments, wide.open_only = filter.open_only;
    const int wanted = filter.limit;
    filter.limit = wanted + 1;
    MACHIYA_TRY(auto rows, records::list_records(tx, filter));
    Inbox out;
    out.more = static_cast<int>(rows.size()) > wanted;
    if (out.more) rows.pop_back();
    for (const records::RecordRow& r : rows) out.rows.push_back(row_of(r, f.lang));
    MACHIYA_TRY(out.counts, records::count_records(tx, wide, p_.clock.now()));
    return out;
  });
}

Result<std::vector<records::RecordRow>> Cases::rows_of_person(store::ReadTx& tx, std::int64_t person) {
  records::ListFilter filter;
  filter.person = person, filter.open_only = false, filter.limit = 200;
  return records::list_records(tx, filter);
}

CaseRow Cases::own_row(store::ReadTx& tx, const records::RecordRow& r, std::string_view lang) const {
  CaseRow row = row_of(r, lang);
  row.proposal.clear(), row.assignee.clear();
  if (auto rules = definitions_.of_case(tx, r.type, r.definition, r.rules, r.initiative); rules.ok())
    if (const State* s = (*rules)->workflow->state(r.state)) row.state_name = s->told().in(lang);
  return row;
}

Result<std::vector<CaseRow>> Cases::own_cases(const identity::Principal& who, std::string_view lang) {
  if (who.kind != identity::PrincipalKind::citizen) return Error(ErrorCode::unauthenticated);
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<CaseRow>> {
    MACHIYA_TRY(const auto rows, rows_of_person(tx, who.id));
    std::vector<CaseRow> out;
    for (const records::RecordRow& r : rows) out.push_back(own_row(tx, r, lang));
    return out;
  });
}

Result<std::vector<CaseRow>> Cases::represented_cases(const identity::Principal& who, std::string_view lang, std::string_view request) {
  std::vector<audit::Entry> reads;
  auto out = p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<CaseRow>> {
    reads.clear();
    std::vector<CaseRow> found;
    std::set<std::int64_t> people;
    MACHIYA_TRY(const auto ties, p_.identity.ties().held_by(tx, who.kind == identity::PrincipalKind::citizen ? who.id : 0));
    for (const auto& tie : ties) people.insert(tie.person);
    for (const std::int64_t person : people) {
      MACHIYA_TRY(const auto rows, rows_of_person(tx, person));
      std::string purpose;
      for (const records::RecordRow& r : rows) {
        MACHIYA_TRY(const auto may, decide(tx, who, "case.read", r));
        if (!may.allowed()) continue;
        found.push_back(own_row(tx, r, lang));
        purpose = may.purpose;
      }
      if (purpose.empty()) continue;
      MACHIYA_TRY(const auto whose, p_.identity.person_by_key(tx, person));
      reads.push_back({who.actor(), "case.list", "person:" + whose.public_id, purpose, std::string(request), {}});
    }
    return found;
  });
  if (out.ok())
    for (auto& entry : reads) p_.audit.append_later(std::move(entry));
  return out;
}

Result<std::vector<CaseRow>> Cases::search(std::string_view text, const identity::Principal& who, std::string_view lang,
                                           std::string_view request) {
  if (readable_departments(who).empty()) return Error(ErrorCode::forbidden, "case.read");
  std::vector<records::Opened> hits;
  if (auto number = read_receipt_number(text)) {
    MACHIYA_TRY(auto found, records_.find(*number));
    if (found && found->row.kind == "case") hits.push_back(std::move(*found));
  } else {
    MACHIYA_TRY(hits, records_.search("case", text, kSearchLimit));
  }
  std::vector<CaseRow> out;
  for (const records::Opened& hit : hits) {
    if (!may(who, "case.read", hit.row.department)) continue;   // by role only: a search never widens a relation
    CaseRow row = row_of(hit.row, lang);
    row.applicant = applicant_in(hit.terms);
    out.push_back(std::move(row));
  }
  // What was searched for may be a name: the audit keeps who searched and how much was found.
  p_.audit.append_later({who.actor(), "case.search", "case:*", purpose_of(who, "case.read"), std::string(request), json::Value::object({{"found", out.size()}})});
  return out;
}

Result<std::int64_t> Cases::export_cases(const InboxFilter& f, const identity::Principal& who, std::string_view request,
                                         const std::function<bool(const CaseView&)>& sink) {
  std::int64_t written = 0;
  std::string after;
  if (!f.department.empty() ? !may(who, "case.export", f.department) : !may(who, "case.export", who.department))
    return Error(ErrorCode::forbidden, "case.export");
  // Audited before the first row leaves.
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    return p_.audit.append(tx, {who.actor(), "case.export", "department:" + (f.department.empty() ? "*" : f.department), purpose_of(who, "case.export"),
                                std::string(request), json::Value::object({{"procedure", f.procedure}, {"state", f.state}})});
  }));
  for (bool more = true; more;) {
    MACHIYA_TRY(auto page, p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<CaseView>> {
      InboxFilter page_filter = f;
      page_filter.after = after;
      MACHIYA_TRY(records::ListFilter filter, filter_for(tx, page_filter, who));
      filter.limit = kExportPage;
      MACHIYA_TRY(auto rows, records::list_records(tx, filter));
      more = static_cast<int>(rows.size()) == kExportPage;
      std::vector<CaseView> views;
      for (const records::RecordRow& r : rows) {
        after = r.number;
        if (!may(who, "case.export", r.department)) continue;
        auto opened = open(tx, r.number, false);
        if (!opened.ok()) {
          if (opened.error().code == ErrorCode::gone) continue;
          return opened.error();
        }
        MACHIYA_TRY(CaseView view, view_of(tx, *opened, true));
        views.push_back(std::move(view));
      }
      return views;
    }));
    for (const CaseView& view : page) {
      if (!sink(view)) return written;
      ++written;
    }
  }
  return written;
}

}  // namespace machiya::cases
