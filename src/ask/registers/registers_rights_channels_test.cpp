// Rights of columns through everything that answers: pages, API, exports, imports. Random registers whose every value, label and name is
// a marker; somebody asks in random roles; a marker of a column that the YAML does not let them read is a leak, a missing one of a
// column that they may read a fault. 300 triples in the ordinary run, MACHIYA_RIGHTS_TRIPLES (script/prove: 10,000) for more;
// MACHIYA_RIGHTS_SEED for others. Planted and seen, each by the channel it belongs to: rows cut to nobody (form, sum of one row), columns of
// an export or a mapping for everybody, history whoever reads, titles of a register that is not theirs, a title that an import resolves for
// anybody, filters and views on hidden columns, the definition of the API with every column, a write without the column's right, other
// people's saved searches.
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "ask/interview/answer_types.h"
#include "ask/registers/rights_world.h"
#include "ask/registers/web_testing.h"
#include "platform/tables/table_file.h"

namespace machiya::registers::testing {
namespace {

using http::Method;
using json::Value;

std::int64_t setting(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::atoll(text) : otherwise;
}

class RightsChannels : public RegistersWebTest {
 protected:
  RightsChannels() : RegistersWebTest({}), make(static_cast<std::uint64_t>(setting("MACHIYA_RIGHTS_SEED", 2026))) {}

  // --- the world ---
  struct RowPlan {
    std::string number;
    std::map<std::string, Words> now;   ///< by column: the forms in which its value may be written
  };
  const Register& reg() const { return hall->reg(ledger.id.c_str()); }
  identity::Principal boss(const std::string& department) const {
    identity::Principal p = staff("BOSS", "boss", {"clerk", "approver", "auditor", "helper"}, department.c_str());
    p.id = 900;
    return p;
  }
  Words forms_of(const ColumnPlan& plan, const Value& value) const {
    if (plan.type == "relation") return {value.as_string(), titles.at(value.as_string())};
    Words out;
    if (plan.type == "place") return {value.text("address")};
    if (plan.type == "choice") return {};   // its options belong to the definition
    const Column& column = *reg().column(plan.name);
    out.push_back(interview::scalar_text(value));
    for (const char* lang : {"ja", "en"}) out.push_back(interview::display(*column.question, value, lang));
    return out;
  }
  /// What a person types into the column, and the same as JSON.
  Value fresh(const ColumnPlan& c) {
    if (c.type == "number") return Value::number(make.number());
    if (c.type == "date") return make.date();
    if (c.type == "place") return Value::object({{"lat", 34.7}, {"lon", 135.5}, {"address", make.text()}});
    if (c.type == "choice") return make.dice.below(2) ? "east" : "west";
    if (c.type == "relation") return site_numbers[make.dice.below(site_numbers.size())];
    return make.text();
  }
  void learn(RowPlan& row) {
    const auto now = registers->open(reg(), row.number, boss(ledger.owner), "r");
    ASSERT_TRUE(now.ok());
    for (const auto& c : ledger.columns) {
      const Value& value = now->values[c.name];
      row.now[c.name] = value.is_null() ? Words{} : forms_of(c, value);
      if (c.type != "relation")
        for (const auto& form : row.now[c.name]) markers[c.name].insert(form);
      else if (!value.is_null()) markers[c.name].insert(value.as_string());
    }
  }
  void build(int world) {
    sites = make.sites(world), ledger = make.ledger(world, sites);
    define("sites", sites.yaml()), define("ledger", ledger.yaml());
    ASSERT_NO_THROW(reload()) << ledger.yaml();
    rows.clear(), markers.clear(), titles.clear(), site_numbers.clear();
    const ColumnPlan& name = sites.columns.front();
    for (int i = 0; i < 3; ++i) {
      const std::string title = make.text();
      auto saved = registers->add(hall->reg(sites.id.c_str()), Value::object({{name.name, title}, {sites.columns[1].name, Value::number(make.number())}}), "", boss(sites.owner), "ja", "r");
      ASSERT_TRUE(saved.ok() && saved->row) << saved.error().to_string();
      titles[saved->row->number] = title, site_numbers.push_back(saved->row->number);
      markers["/site"].insert(title);
    }
    for (int i = 0; i < 3; ++i) {
      Value values = Value::object();
      for (const auto& c : ledger.columns)
        if (c.entered()) values.set(c.name, fresh(c));
      auto saved = registers->add(reg(), values, "", boss(ledger.owner), "ja", "r");
      ASSERT_TRUE(saved.ok() && saved->row) << (saved.ok() ? json::to_text(values) + saved->errors.front().message : saved.error().to_string());
      rows.push_back({saved->row->number, {}});
      learn(rows.back());
    }
    for (const auto& c : ledger.columns)   // somebody's saved search holds a value
      if (c.filter && !c.personal && !rows[0].now[c.name].empty())
        ask(Method::post, page("/searches"), boss(ledger.owner), {{"name", "S" + c.name.substr(2, 3)}, {"search", "f." + c.name + "=" + rows[0].now[c.name][0]}});
  }

  // --- asking ---
  std::string page(const std::string& rest = {}) const { return "/staff/registers/" + ledger.id + rest; }
  std::string api(const std::string& rest = {}) const { return "/api/v1/registers/" + ledger.id + rest; }
  http::Response send(Method method, const std::string& target, const identity::Principal& who, const Value& body, const std::string& if_match = {}) {
    http::Request r = http::testing::request(method, target, "en");
    r.body = json::to_text(body), r.headers = {{"content-type", "application/json"}};
    if (!if_match.empty()) r.headers.emplace_back("if-match", "\"" + if_match + "\"");
    r.principal = std::make_shared<identity::Principal>(who);
    return router.dispatch(r);
  }
  http::Response look(const std::string& target, const identity::Principal& who) { return ask(Method::get, target, who, {}, make.dice.below(2) ? "ja" : "en"); }
  static std::string content_of(const http::Response& r) {
    if (r.file.empty()) {
      std::string out = r.body;
      for (const auto& [name, value] : r.headers) out += "\n" + value;
      return out;
    }
    std::ifstream in(r.file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (r.file.size() < 5 || r.file.substr(r.file.size() - 5) != ".xlsx") return text.str();
    std::string out;
    auto source = tables::open_file(r.file);
    if (source.ok()) (void)tables::read_table(**source, {}, [&](std::uint64_t, const tables::Cells& cells) {
        for (const auto& cell : cells) out += cell.text + "\n";
        return true;
      });
    return out;
  }
  /// The rows of an answer in their order.
  std::vector<std::size_t> order_of(const std::string& body) const {
    std::vector<std::pair<std::size_t, std::size_t>> at;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (const std::size_t found = body.find(rows[i].number); found != std::string::npos) at.emplace_back(found, i);
    std::sort(at.begin(), at.end());
    std::vector<std::size_t> out;
    for (const auto& [place, row] : at) out.push_back(row);
    return out;
  }
  std::int64_t revision(const RowPlan& row) { return registers->open(reg(), row.number, boss(ledger.owner), "r")->revision; }
  Value value_now(const RowPlan& row, const ColumnPlan& c) { return registers->open(reg(), row.number, boss(ledger.owner), "r")->values[c.name]; }

  /// The form of a row with one answer: a new one, to what stood empty when it was opened.
  http::Pairs form_of(const identity::Principal& who, const std::string& seen, const std::string& column, const std::string& typed) const {
    http::Pairs out = {{"base", "{}"}, {"revision", seen}, {column, typed}, {"reason", "x"}};
    for (const auto& c : ledger.columns)
      if (c.entered() && Oracle::reads(ledger, c, who)) out.emplace_back("asked", c.name);
    return out;
  }

  // --- judging ---
  /// A relation is given by those who may read where it leads.
  bool enters(const ColumnPlan& c, const identity::Principal& who) const { return Oracle::writes(ledger, c, who) && (c.type != "relation" || Oracle::reads(sites, who)); }
  void leak(const std::string& what, const identity::Principal& who, const std::string& body = {}) {
    if (++leaks < 8) ADD_FAILURE() << "triple " << triple << ": " << what << " to " << joined(who.roles) << " of " << who.department << " (" << static_cast<int>(who.kind) << ")\n" << ledger.yaml() << sites.yaml() << body.substr(0, 3000);
  }
  /// No answer holds what its reader may not read. `said`: what the request itself held comes back as an echo.
  void nothing_hidden(const http::Response& r, const identity::Principal& who, const char* channel, const Words& said = {}) {
    const std::string body = content_of(r);
    const auto found = [&](const std::string& marker) { return !among(said, marker) && body.find(marker) != std::string::npos; };
    for (const auto& c : ledger.columns) {
      if (Oracle::reads(ledger, c, who)) continue;
      for (const auto& marker : markers[c.name])
        if (found(marker)) return leak(std::string(channel) + " tells " + c.name + " = " + marker, who, body);
      if (found(c.label) || found(c.name)) return leak(std::string(channel) + " names " + c.name, who, body);
    }
    if (!Oracle::reads(sites, sites.columns.front(), who))
      for (const auto& marker : markers["/site"])
        if (found(marker)) return leak(std::string(channel) + " tells a title of the other register: " + marker, who, body);
  }
  void must_show(const http::Response& r, const RowPlan& row, const ColumnPlan& c, const identity::Principal& who, const char* channel) {
    const std::string body = content_of(r);
    const Words& forms = row.now.at(c.name);
    if (!forms.empty() && std::none_of(forms.begin(), forms.end(), [&](const auto& form) { return body.find(form) != std::string::npos; }))
      leak(std::string(channel) + " (" + std::to_string(r.status) + ") does not show " + c.name + ", which is to be read,", who, body);
  }
  void must_be(bool right, const std::string& what, const identity::Principal& who, const http::Response& r = {}) {
    if (!right) leak(what, who, std::to_string(r.status) + " " + content_of(r));
  }

  void read_pages(const identity::Principal& who, const ColumnPlan& c, RowPlan& row);
  void read_api(const identity::Principal& who, const ColumnPlan& c, RowPlan& row);
  void ask_about(const identity::Principal& who, const ColumnPlan& c, RowPlan& row);
  void write_column(const identity::Principal& who, const ColumnPlan& c, RowPlan& row);
  void meet(const identity::Principal& who, const ColumnPlan& c, RowPlan& row);
  void many(const identity::Principal& who, const ColumnPlan& c, RowPlan& row);
  void bring(const identity::Principal& who, const ColumnPlan& c);
  void relate(const identity::Principal& who, RowPlan& row);
  http::Response upload(const identity::Principal& who, const std::string& csv);
  http::Response settled(const std::string& target, const identity::Principal& who);

  WorldMaker make;
  RegisterPlan sites, ledger;
  std::vector<RowPlan> rows;
  std::map<std::string, std::string> titles;            ///< of sites, by number
  Words site_numbers;
  std::map<std::string, std::set<std::string>> markers; ///< by column: everything that was ever in it; "/site": titles of sites
  int leaks = 0, triple = 0, shown = 0;
};
MACHIYA_ON_BOTH_ENGINES(RightsChannels);

void RightsChannels::read_pages(const identity::Principal& who, const ColumnPlan& c, RowPlan& row) {
  const bool reads = Oracle::reads(ledger, c, who), person = who.kind == identity::PrincipalKind::staff;
  struct Place {
    const char* channel;
    std::string target;
    bool all;   ///< shows every column that may be read
  };
  const auto dated = std::find_if(ledger.columns.begin(), ledger.columns.end(), [](const auto& one) { return one.type == "date"; });   // the calendar's
  const std::string month = row.now[dated->name].empty() ? "2026-05" : row.now[dated->name][0].substr(0, 7);
  const std::vector<Place> places = {
      {"list", page("?view=all"), true}, {"first view", page(), false}, {"narrow view", page("?view=narrow"), false}, {"row page", page("/rows/" + row.number), true},
      {"form", page("/rows/" + row.number + "/change"), false}, {"empty form", page("/new"), false}, {"board", page("?view=lanes"), false}, {"calendar", page("?view=months&month=" + month), false},
      {"map", page("?view=map"), false}, {"points", page("/points.json?view=map"), false}, {"timeline", page("?view=bars&from=" + month), false}, {"sheet", page("?view=paper"), true},
      {"csv", page("/export.csv?view=all"), true}, {"xlsx", page("/export.xlsx?view=all"), true}, {"json", page("/export.json?view=all"), true}, {"bulk page", page("/bulk"), false},
      {"bulk page of the column", page("/bulk?column=" + c.name), false}, {"index", "/staff/registers", false}, {"import page", page("/import"), false}, {"reminders", "/staff/reminders?register=all", false}, {"chart", page("?view=figures"), false},
      {"count by", page("?view=all&count=" + c.name), false}, {"sum of one row", page("?view=all&count=" + ledger.title + "&measure=sum&of=" + c.name), false},
      {"page of the related row", "/staff/registers/" + sites.id + "/rows/" + site_numbers[0], false}};
  const Place& place = places[make.dice.below(places.size())];
  const http::Response r = look(place.target, who);
  if (place.channel == std::string("page of the related row")) {   // its own columns are the other register's
    const auto relation = std::find_if(ledger.columns.begin(), ledger.columns.end(), [](const auto& one) { return one.type == "relation"; });
    if (!Oracle::reads(sites, who)) must_be(r.status == 404, "a row of the other register is shown", who, r);
    if (!Oracle::reads(ledger, *relation, who)) must_be(order_of(r.body).empty(), "the related row names the rows that point to it", who, r);
    return nothing_hidden(r, who, place.channel, {site_numbers[0]});   // its own address
  }
  nothing_hidden(r, who, place.channel, place.target.find(c.name) != std::string::npos ? Words{c.name} : Words{});
  if (place.all && reads && person) must_show(r, row, c, who, place.channel), ++shown;
  if (place.channel == std::string("form") && c.typed() && person && Oracle::writes(ledger, c, who)) must_show(r, row, c, who, place.channel);
}

void RightsChannels::read_api(const identity::Principal& who, const ColumnPlan& c, RowPlan& row) {
  const bool reads = Oracle::reads(ledger, c, who);
  const std::vector<std::pair<std::string, bool>> places = {
      {api("/rows"), true}, {api("/rows?limit=1000&view=all"), true}, {api("/rows/" + row.number), true}, {api("/rows/" + row.number + "/history"), c.entered()}, {api(), false},
      {"/api/v1/registers", false}, {"/api/v1/registers/openapi.json", false}, {api("/counts?by=" + c.name), c.filter && !c.personal && c.type != "relation"}};
  const auto& [target, all] = places[make.dice.below(places.size())];
  const http::Response r = look(target, who);
  nothing_hidden(r, who, target.c_str(), target.find(c.name) != std::string::npos ? Words{c.name} : Words{});
  if (all && reads) must_show(r, row, c, who, target.c_str()), ++shown;
  if (target == api() && reads) must_be(r.body.find(c.label) != std::string::npos, "the definition lacks a column that is to be read", who, r);
}

/// Searching, filtering, ordering and counting by a column answer the same whatever it holds, to those who may not read it.
void RightsChannels::ask_about(const identity::Principal& who, const ColumnPlan& c, RowPlan& row) {
  if (row.now[c.name].empty()) return;
  const bool reads = Oracle::reads(ledger, c, who), indexed = c.filter && !c.personal, pages = make.dice.below(2) && who.kind == identity::PrincipalKind::staff;
  const std::string value = row.now[c.name][0], other = c.type == "number" ? "1" : c.type == "date" || c.type == "deadline" ? "1999-01-01" : make.text();
  const std::string from = (pages ? page("?view=all&") : api("/rows?")), said = http::url_encode(value);
  const auto orders = [&](const std::string& a, const std::string& b) {
    const http::Response one = look(from + a, who), two = look(from + b, who);
    nothing_hidden(one, who, "a search", {value, c.name, other});
    return std::pair{one.status == 200 ? order_of(one.body) : std::vector<std::size_t>{}, two.status == 200 ? order_of(two.body) : std::vector<std::size_t>{}};
  };
  const std::uint64_t kind = make.dice.below(4);
  if (kind == 0) {   // the search box
    const bool people = std::any_of(ledger.columns.begin(), ledger.columns.end(), [](const auto& x) { return x.search && x.personal; });   // then never in an address
    const auto found = [&](const std::string& text) {
      if (!people) return look(from + "q=" + http::url_encode(text), who);
      return pages ? ask(Method::post, page(), who, {{"view", "all"}, {"q", text}}) : send(Method::post, api("/search"), who, Value::object({{"q", text}}));
    };
    const http::Response with = found(value), without = found(other);
    nothing_hidden(with, who, "the search box", {value});
    const auto hit = order_of(with.body), miss = order_of(without.body);
    if (!reads) must_be(hit == miss, "the search box finds " + c.name, who);
    else if (c.search) must_be(!hit.empty(), "the search box does not find " + c.name + " " + value, who, with);
  } else if (kind == 1) {
    const auto [hit, miss] = orders("f." + c.name + "=" + said, "f." + c.name + "=" + other);
    if (!reads) must_be(hit == miss, "a filter tells " + c.name, who);
    else if (indexed && c.type != "relation") must_be(!hit.empty() && hit.size() < 4 && (miss.empty() || pages), "a filter does not find " + c.name, who);
  } else if (kind == 2) {
    const auto [up, down] = orders("sort=" + c.name, "sort=-" + c.name);
    if (!reads) must_be(up == down, "an order tells " + c.name, who);
  } else if (pages) {
    const auto [grouped, plain] = orders("group=" + c.name, "group=");
    if (!reads) must_be(grouped == plain, "a grouping tells " + c.name, who);
  } else {
    const http::Response a = send(Method::post, api("/search"), who, Value::object({{"f." + c.name, value}})), b = send(Method::post, api("/search"), who, Value::object({{"f." + c.name, other}}));
    if (!reads) must_be(order_of(a.body) == order_of(b.body) && a.status == b.status, "a search in the body tells " + c.name, who, a);
  }
}

/// A write by page, cell, API: done exactly when the roles say so.
void RightsChannels::write_column(const identity::Principal& who, const ColumnPlan& c, RowPlan& row) {
  const bool person = who.kind == identity::PrincipalKind::staff, may = enters(c, who);
  const Value before = value_now(row, c), value = c.entered() ? fresh(c) : Value(make.number());
  const std::string typed = interview::scalar_text(value).empty() ? json::to_text(value) : interview::scalar_text(value), seen = std::to_string(revision(row));
  const Words said = {typed, c.name, value.text("address"), titles.count(typed) ? titles[typed] : std::string()};
  http::Response r;
  std::uint64_t kind = make.dice.below(person ? 4 : 2);
  if (kind == 2 && !c.typed()) kind = 3;
  if (kind == 0) {
    r = send(Method::patch, api("/rows/" + row.number), who, Value::object({{"values", Value::object({{c.name, value}})}}), seen);
  } else if (kind == 1) {
    const bool cells = person && c.entered() && make.dice.below(2);
    if (cells) r = ask(Method::post, page("/cells"), who, {{"c." + c.name, typed}});
    else r = send(Method::post, api("/rows"), who, Value::object({{"values", Value::object({{c.name, value}})}}));
    nothing_hidden(r, who, "an added row", said);
    if (cells && c.type == "place") return;   // a grid has one box for it
    return must_be((r.status == 201 || r.status == 200) == may, may ? "a row with " + c.name + " is refused" : "a row with " + c.name + " is taken", who, r);
  } else if (kind == 2) {
    r = ask(Method::post, page("/rows/" + row.number + "/change"), who, form_of(who, seen, c.name, typed));
  } else {
    r = ask(Method::post, page("/rows/" + row.number + "/cells"), who, {{"revision", seen}, {"c." + c.name, typed}});
  }
  nothing_hidden(r, who, "the answer to a write", said);
  const Value after = value_now(row, c);
  if (!may) must_be(before == after, c.name + " was written without a right", who, r);
  else must_be(after == value || c.type == "place" || c.type == "date", c.name + " was not written with a right", who, r);
  learn(row);
}

/// Two at the same cell: the one who comes late learns no more than they may read.
void RightsChannels::meet(const identity::Principal& who, const ColumnPlan& c, RowPlan& row) {
  if (!c.typed()) return;
  const std::string seen = std::to_string(revision(row)), mine = interview::scalar_text(fresh(c));
  auto theirs = registers->change(reg(), row.number, revision(row), Value::object({{c.name, fresh(c)}}), {}, "", boss(ledger.owner), "ja", "r");
  ASSERT_TRUE(theirs.ok() && theirs->row);
  learn(row);
  const std::uint64_t kind = who.kind == identity::PrincipalKind::staff ? make.dice.below(3) : 0;
  const http::Response r = kind == 0   ? send(Method::patch, api("/rows/" + row.number), who, Value::object({{"values", Value::object({{c.name, mine}})}}), seen)
                           : kind == 1 ? ask(Method::post, page("/rows/" + row.number + "/change"), who, form_of(who, seen, c.name, mine))
                                       : ask(Method::post, page("/rows/" + row.number + "/cells"), who, {{"revision", seen}, {"c." + c.name, mine}});
  nothing_hidden(r, who, "a conflict", {c.name, mine});
  if (Oracle::writes(ledger, c, who)) must_be(r.status == 409, "no conflict is shown", who, r), must_show(r, row, c, who, "a conflict");
  must_be(value_now(row, c) == theirs->row->values[c.name], "theirs was overwritten", who, r);
}

void RightsChannels::many(const identity::Principal& who, const ColumnPlan& c, RowPlan& row) {
  const Value value = c.entered() ? fresh(c) : Value(make.number()), before = value_now(row, c);
  const std::string typed = interview::scalar_text(value).empty() ? json::to_text(value) : interview::scalar_text(value);
  const Words said = {typed, c.name, value.text("address"), titles.count(typed) ? titles[typed] : std::string()};
  if (who.kind == identity::PrincipalKind::staff && make.dice.below(2))
    return nothing_hidden(ask(Method::post, page("/bulk"), who, {{"view", "all"}, {"column", c.name}, {"value", typed}, {"action", "preview"}}), who, "a bulk plan", said);
  Value body = Value::object({{"query", Value::object()}, {"values", Value::object({{c.name, value}})}});
  const http::Response plan = send(Method::post, api("/rows/bulk"), who, body);
  nothing_hidden(plan, who, "a bulk plan of the API", said);
  const bool may = Oracle::bulks(ledger, who) && enters(c, who);
  must_be((plan.status == 200) == may, may ? "a bulk plan is refused" : "a bulk plan is made without a right", who, plan);
  body.set("expected", registers->list(reg(), {}, boss(ledger.owner))->total);
  const http::Response done = send(Method::post, api("/rows/bulk"), who, body);
  nothing_hidden(done, who, "a bulk edit", said);
  if (!may) must_be(done.status != 200 && value_now(row, c) == before, c.name + " was written by a bulk edit without a right", who, done);
  for (auto& one : rows) learn(one);
}

http::Response RightsChannels::upload(const identity::Principal& who, const std::string& csv) {
  write_file(folder() + "/up.csv", csv);
  http::Request up = http::testing::request(Method::post, page("/import"));
  up.principal = std::make_shared<identity::Principal>(who);
  up.files = {{"file", "up.csv", "text/csv", folder() + "/up.csv", csv.size()}};
  return router.dispatch(up);
}

/// The page of an import once nothing is under way: it asks to be loaded again until then.
http::Response RightsChannels::settled(const std::string& target, const identity::Principal& who) {
  for (;;) {
    http::Response r = look(target, who);
    if (std::none_of(r.headers.begin(), r.headers.end(), [](const auto& h) { return h.first == "Refresh"; })) return r;
    std::this_thread::yield();
  }
}

void RightsChannels::bring(const identity::Principal& who, const ColumnPlan& c) {
  const bool relation = c.type == "relation";
  if ((!c.typed() && !relation && c.entered()) || who.kind == identity::PrincipalKind::client) return;   // the gate keeps clients from pages
  const std::string value = relation ? titles.begin()->second : c.type == "text" ? make.text() : make.number(), csv = c.label + "\n" + value + "\n";
  const http::Response taken = upload(who, csv);
  const bool imports = Oracle::imports(ledger, who) && who.kind == identity::PrincipalKind::staff, may = imports && Oracle::writes(ledger, c, who);
  nothing_hidden(taken, who, "an upload", {c.label, value});
  must_be((taken.status == 303) == imports, imports ? "an upload is refused" : "an upload is taken without a right", who, taken);
  if (taken.status != 303) return;
  const std::string columns = location(taken), one = columns.substr(0, columns.rfind('/'));
  const http::Response mapping = look(columns, who);
  nothing_hidden(mapping, who, "the mapping", {c.label, value});
  must_be((mapping.body.find("value=\"" + c.name + "\"") != std::string::npos) == may, may ? "the mapping lacks " + c.name : "the mapping offers " + c.name, who, mapping);
  const http::Response mapped = ask(Method::post, columns, who, {{"column-0", c.name}});
  nothing_hidden(mapped, who, "the mapping sent", {c.label, c.name, value});
  must_be((mapped.status == 303) == may, may ? "a mapping is refused" : "a mapping to " + c.name + " is taken", who, mapped);
  if (mapped.status != 303) return;
  nothing_hidden(settled(one, who), who, "the check of an import", {c.label, value});
  const std::int64_t rows_before = registers->list(reg(), {}, boss(ledger.owner))->total;
  // A title of the other register means nothing to those who may not read it: else an import would tell which there are.
  const std::int64_t comes = !relation || Oracle::reads(sites, who) ? 1 : 0;
  ask(Method::post, one, who, {{"action", "import"}});
  nothing_hidden(settled(one, who), who, "an import", {c.label, value});
  must_be(registers->list(reg(), {}, boss(ledger.owner))->total == rows_before + comes, comes ? "an import with a right brought nothing" : "an import resolves a title that is not to be read", who);
  ask(Method::post, one, who, {{"action", "undo"}});
}

/// A relation is chosen from what its reader may read in the other register, and resolved by nothing else.
void RightsChannels::relate(const identity::Principal& who, RowPlan& row) {
  const auto relation = std::find_if(ledger.columns.begin(), ledger.columns.end(), [](const auto& c) { return c.type == "relation"; });
  const std::string title = titles.begin()->second, part = title.substr(0, 2);
  const bool reads_title = Oracle::reads(sites, sites.columns.front(), who), may = Oracle::writes(ledger, *relation, who);
  if (who.kind == identity::PrincipalKind::staff && make.dice.below(2))   // "QZ" may mean every site: the form offers them
    return nothing_hidden(ask(Method::post, page("/rows/" + row.number + "/change"), who, form_of(who, std::to_string(revision(row)), relation->name, part)), who,
                          "the picker", {relation->name});
  if (who.kind == identity::PrincipalKind::staff && make.dice.below(2)) return bring(who, *relation);
  const Value before = value_now(row, *relation);
  const http::Response r = send(Method::patch, api("/rows/" + row.number), who, Value::object({{"values", Value::object({{relation->name, title}})}}), std::to_string(revision(row)));
  nothing_hidden(r, who, "a relation by title", {relation->name, title});
  must_be((r.status == 200) == (may && reads_title), "a relation by its title", who, r);
  if (r.status != 200) must_be(value_now(row, *relation) == before, "a relation was written", who, r);
  learn(row);
}

TEST_P(RightsChannels, nobody_learns_or_writes_more_than_the_yaml_says) {
  const std::int64_t wanted = setting("MACHIYA_RIGHTS_TRIPLES", 300);
  constexpr int kOfWorld = 100;
  for (triple = 0; triple < wanted && leaks < 8; ++triple) {
    if (triple % kOfWorld == 0) {
      ASSERT_NO_FATAL_FAILURE(build(triple / kOfWorld));
      ASSERT_TRUE(hall->audit->seal_now().ok());
    }
    identity::Principal who = staff("somebody", "x1", {}, make.dice.below(3) ? "health" : "digital");
    who.id = 7;
    for (const char* role : {"clerk", "approver", "auditor", "helper"})
      if (make.dice.below(5) < 2) who.roles.emplace_back(role);
    const std::uint64_t kind = make.dice.below(8);
    if (kind == 0) who.kind = identity::PrincipalKind::citizen;
    if (kind == 1) who.kind = identity::PrincipalKind::client, who.scopes = {"registers.read"};
    if (kind == 2) who.kind = identity::PrincipalKind::client, who.scopes = {"registers.write"};
    const ColumnPlan& column = ledger.columns[make.dice.below(ledger.columns.size())];
    RowPlan& row = rows[make.dice.below(rows.size())];
    switch (make.dice.below(12)) {
      case 0: case 1: case 2: read_pages(who, column, row); break;
      case 3: case 4: read_api(who, column, row); break;
      case 5: case 6: ask_about(who, column, row); break;
      case 7: case 8: write_column(who, column, row); break;
      case 9: meet(who, column, row); break;
      case 10: make.dice.below(3) == 0 ? many(who, column, row) : relate(who, row); break;
      default: make.dice.below(3) ? read_pages(who, column, row) : bring(who, column);
    }
  }
  EXPECT_EQ(leaks, 0);
  EXPECT_EQ(triple, wanted);
  EXPECT_GT(shown, wanted / 25);   // the oracle lets enough be read for the markers to be looked for
  std::printf("%lld triples, %d of them had to show a value, %d leaks\n", static_cast<long long>(triple), shown, leaks);
}

TEST_P(RightsChannels, a_required_column_of_others_is_not_asked_of_an_import) {
  define("papers", R"(register: papers
version: 1
name: { ja: 書類, en: Papers }
owner: health
title: name
columns:
  - { column: name, type: text, label: { ja: 名前, en: Name } }
  - { column: price, type: money, label: { ja: 秘密の値段, en: Secret price }, read: [approver], write: [approver] }
rights: { read: [clerk, approver], write: [clerk, approver], bulk: [approver], import: [clerk, approver] }
)");
  reload();
  ledger.id = "papers";
  const auto mapped = [&](const identity::Principal& who) {
    const auto columns = location(upload(who, "Name\nA\n"));
    return ask(Method::post, columns, who, {{"column-0", "name"}});
  };
  EXPECT_EQ(mapped(clerk).status, 303);
  const http::Response refused = mapped(approver);
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find("秘密の値段"), std::string::npos);
}

}  // namespace
}  // namespace machiya::registers::testing
