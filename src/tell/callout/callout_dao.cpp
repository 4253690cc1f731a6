#include "tell/callout/callout_dao.h"

#include "platform/store/key_list.h"
#include "platform/store/many_rows.h"

namespace machiya::callout::dao {
namespace {

constexpr std::string_view kMember = "SELECT id, public_id, department, data_key, sealed, deputy FROM callout_member ";
MemberRow member_in(const store::Row& row) { return {row.integer(0), row.integer(3), row.integer(5), row.text(1), row.text(2), row.text(4)}; }
std::vector<MemberRow> members_in(const store::Rows& rows) {
  std::vector<MemberRow> out;
  for (const store::Row& row : rows) out.push_back(member_in(row));
  return out;
}
Result<std::optional<MemberRow>> one_member(store::ReadTx& tx, const std::string& where, const store::Binds& binds) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kMember) + where + " AND removed_us IS NULL", binds));
  return row ? std::optional<MemberRow>(member_in(*row)) : std::optional<MemberRow>();
}

json::Value body_of(const Callout& c) {
  const auto text = [](const city::Text& t) {
    json::Value out = json::Value::object();
    for (const auto& [lang, words] : t.all()) out.set(lang, words);
    return out;
  };
  json::Value departments = json::Value::array(), stages = json::Value::array();
  for (const std::string& one : c.departments) departments.push(one);
  for (const Stage& one : c.stages) stages.push(json::Value::object({{"by", one.by}, {"minutes", one.minutes}}));
  return json::Value::object({{"template", c.from_template}, {"title", text(c.title)}, {"body", text(c.body)}, {"short", text(c.short_text)}, {"departments", std::move(departments)}, {"stages", std::move(stages)}});
}

constexpr std::string_view kCallout = "SELECT id, public_id, state, drill, body, author, author_name, started_by, created_us, started_us, ended_us, listed_to, listed, stage, due_us FROM callout ";
Result<Callout> callout_in(const store::Row& row) {
  Callout out;
  out.id = row.integer(0), out.public_id = row.text(1), out.state = static_cast<State>(row.integer(2)), out.drill = row.integer(3) != 0;
  MACHIYA_TRY(const json::Value body, json::parse(row.text(4)));
  out.from_template = body.text("template"), out.title = city::Text(body["title"]), out.body = city::Text(body["body"]);
  if (body["short"].size()) out.short_text = city::Text(body["short"]);
  for (const json::Value& one : body["departments"].items()) out.departments.push_back(one.as_string());
  for (const json::Value& one : body["stages"].items()) out.stages.push_back({one.text("by"), static_cast<int>(one["minutes"].as_int())});
  out.author = row.text(5), out.author_name = row.text(6), out.started_by = row.text(7), out.created = Instant{row.integer(8)};
  if (!row.is_null(9)) out.started = Instant{row.integer(9)};
  if (!row.is_null(10)) out.ended = Instant{row.integer(10)};
  out.listed_to = row.integer(11), out.listed = row.integer(12) != 0, out.stage = static_cast<int>(row.integer(13)), out.due = Instant{row.integer(14)};
  return out;
}
Result<std::vector<Callout>> callouts_in(const store::Rows& rows) {
  std::vector<Callout> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(Callout one, callout_in(row));
    out.push_back(std::move(one));
  }
  return out;
}

std::optional<Instant> instant_in(const store::Row& row, std::size_t at) { return row.is_null(at) ? std::optional<Instant>() : std::optional<Instant>(Instant{row.integer(at)}); }
store::Param optional_us(const std::optional<Instant>& t) { return t ? store::Param(t->us) : store::Param(nullptr); }

constexpr std::string_view kPerson = "SELECT callout, member, stands_for, department, asked, answered_us, duty, arrives_us, hurt, family FROM callout_person ";
PersonRow person_in(const store::Row& row) {
  return {row.integer(0), row.integer(1), row.integer(2), row.text(3), row.integer(4) != 0, instant_in(row, 5),
          {static_cast<Duty>(row.integer(6)), instant_in(row, 7), static_cast<Health>(row.integer(8)), static_cast<Health>(row.integer(9))}};
}

}  // namespace

Result<std::optional<MemberRow>> by_digest(store::ReadTx& tx, std::string_view digest) { return one_member(tx, "WHERE number_digest = :d", {{"d", digest}}); }
Result<std::optional<MemberRow>> by_public_id(store::ReadTx& tx, std::string_view id) { return one_member(tx, "WHERE public_id = :p", {{"p", id}}); }

Result<std::int64_t> insert_member(store::Tx& tx, const MemberRow& m, std::string_view digest, Instant now) {
  return tx.insert("callout_member", "INSERT INTO callout_member (id, public_id, number_digest, department, data_key, sealed, deputy, changed_us, removed_us) VALUES (:id, :public, :digest, :department, :key, :sealed, NULL, :now, NULL)",
                   {{"public", m.public_id}, {"digest", digest}, {"department", m.department}, {"key", m.data_key}, {"sealed", store::Bytes{m.sealed}}, {"now", now.us}});
}
Result<void> update_member(store::Tx& tx, const MemberRow& m, Instant now) {
  return tx.execute_later("UPDATE callout_member SET department = :department, sealed = :sealed, deputy = NULL, changed_us = :now WHERE id = :id", {{"department", m.department}, {"sealed", store::Bytes{m.sealed}}, {"now", now.us}, {"id", m.id}});
}
Result<void> set_deputy(store::Tx& tx, std::int64_t member, std::int64_t deputy) { return tx.execute_later("UPDATE callout_member SET deputy = :deputy WHERE id = :id", {{"deputy", deputy}, {"id", member}}); }
Result<void> remove_member(store::Tx& tx, std::int64_t member, Instant now) {
  MACHIYA_CHECK(tx.execute_later("UPDATE callout_member SET deputy = NULL WHERE deputy = :id", {{"id", member}}));
  return tx.execute_later("UPDATE callout_member SET removed_us = :now, deputy = NULL WHERE id = :id", {{"now", now.us}, {"id", member}});
}

Result<std::vector<Callouts::Size>> sizes(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT department, count(*) FROM callout_member WHERE removed_us IS NULL GROUP BY department ORDER BY department"));
  std::vector<Callouts::Size> out;
  for (const store::Row& row : rows) out.push_back({row.text(0), row.integer(1)});
  return out;
}
Result<std::vector<MemberRow>> members(store::ReadTx& tx, const std::string& department, std::int64_t after, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kMember) + "WHERE department = :department AND id > :after AND removed_us IS NULL ORDER BY id LIMIT :limit", {{"department", department}, {"after", after}, {"limit", limit}}));
  return members_in(rows);
}
Result<std::vector<std::pair<std::int64_t, std::string>>> some(store::ReadTx& tx, const std::vector<std::string>& departments, std::int64_t after, int limit) {
  std::string where;
  store::Binds binds = {{"after", after}, {"limit", limit}};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < departments.size(); ++i) names.push_back("d" + std::to_string(i));
  for (std::size_t i = 0; i < departments.size(); ++i) where += (i ? ", :" : " AND department IN (:") + names[i], binds.push_back({names[i], departments[i]});
  if (!departments.empty()) where += ")";
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, department FROM callout_member WHERE id > :after AND removed_us IS NULL" + where + " ORDER BY id LIMIT :limit", binds));
  std::vector<std::pair<std::int64_t, std::string>> out;
  for (const store::Row& row : rows) out.emplace_back(row.integer(0), row.text(1));
  return out;
}
Result<std::vector<MemberRow>> rows_of(store::ReadTx& tx, const std::vector<std::int64_t>& members) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kMember) + "WHERE removed_us IS NULL AND id " + store::in_keys(tx.engine()) + " ORDER BY id", {{"keys", store::key_list(members, tx.engine())}}));
  return members_in(rows);
}

Result<std::vector<Address>> addresses(store::ReadTx& tx, const std::vector<std::int64_t>& members) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT member, recipient, channel, own FROM callout_address WHERE member " + store::in_keys(tx.engine()) + " ORDER BY member, channel", {{"keys", store::key_list(members, tx.engine())}}));
  std::vector<Address> out;
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.integer(1), static_cast<int>(row.integer(2)), row.integer(3) != 0});
  return out;
}
Result<std::int64_t> holder(store::ReadTx& tx, int channel, std::int64_t recipient) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT member FROM callout_address WHERE channel = :channel AND recipient = :recipient", {{"channel", channel}, {"recipient", recipient}}));
  return row ? row->integer(0) : 0;
}
Result<void> put_address(store::Tx& tx, const Address& a) {
  return tx.execute_later("INSERT INTO callout_address (member, channel, recipient, own) VALUES (:member, :channel, :recipient, :own) ON CONFLICT (member, channel) DO UPDATE SET recipient = excluded.recipient, own = excluded.own",
                          {{"member", a.member}, {"channel", a.channel}, {"recipient", a.recipient}, {"own", a.own}});
}
Result<void> drop_address(store::Tx& tx, std::int64_t member, int channel) { return tx.execute_later("DELETE FROM callout_address WHERE member = :member AND channel = :channel", {{"member", member}, {"channel", channel}}); }

Result<void> insert(store::Tx& tx, const Callout& c, std::string_view key) {
  MACHIYA_TRY(const auto id, tx.insert("callout",
                                       "INSERT INTO callout (id, public_id, state, drill, body, author, author_name, started_by, created_us, started_us, ended_us, listed_to, listed, stage, due_us, trigger_key)"
                                       " VALUES (:id, :public, 0, :drill, :body, :author, :name, '', :now, NULL, NULL, 0, FALSE, -1, :now, :key)",
                                       {{"public", c.public_id}, {"drill", c.drill}, {"body", json::to_canonical(body_of(c))}, {"author", c.author}, {"name", c.author_name}, {"now", c.created.us}, {"key", key.empty() ? store::Param(nullptr) : store::Param(key)}}));
  (void)id;
  return {};
}
Result<std::string> by_key(store::ReadTx& tx, std::string_view key) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT public_id FROM callout WHERE trigger_key = :k", {{"k", key}}));
  return row ? row->text(0) : std::string();
}
Result<std::optional<Callout>> find(store::ReadTx& tx, std::string_view public_id, std::int64_t id) {
  MACHIYA_TRY(const auto row, id ? tx.query_one(std::string(kCallout) + "WHERE id = :id", {{"id", id}}) : tx.query_one(std::string(kCallout) + "WHERE public_id = :p", {{"p", public_id}}));
  if (!row) return std::optional<Callout>();
  MACHIYA_TRY(Callout out, callout_in(*row));
  return std::optional<Callout>(std::move(out));
}
Result<std::vector<Callout>> list(store::ReadTx& tx, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kCallout) + "ORDER BY id DESC LIMIT :limit", {{"limit", limit}}));
  return callouts_in(rows);
}
Result<std::vector<Callout>> running(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kCallout) + "WHERE state = 1 ORDER BY id"));
  return callouts_in(rows);
}
Result<bool> start(store::Tx& tx, std::int64_t callout, std::string_view by, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE callout SET state = 1, started_by = :by, started_us = :now, due_us = :now WHERE id = :id AND state = 0", {{"by", by}, {"now", now.us}, {"id", callout}}));
  return rows == 1;
}
Result<bool> end(store::Tx& tx, std::int64_t callout, State from, State to, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE callout SET state = :to, ended_us = :now WHERE id = :id AND state = :from", {{"to", static_cast<int>(to)}, {"from", static_cast<int>(from)}, {"now", now.us}, {"id", callout}}));
  return rows == 1;
}
Result<bool> move_list(store::Tx& tx, std::int64_t callout, std::int64_t from, std::int64_t to, bool listed) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE callout SET listed_to = :to, listed = :listed WHERE id = :id AND state = 1 AND listed_to = :from AND NOT listed", {{"to", to}, {"listed", listed}, {"id", callout}, {"from", from}}));
  return rows == 1;
}
Result<bool> move_stage(store::Tx& tx, std::int64_t callout, int from, int to, Instant due) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE callout SET stage = :to, due_us = :due WHERE id = :id AND state = 1 AND stage = :from", {{"to", to}, {"due", due.us}, {"id", callout}, {"from", from}}));
  return rows == 1;
}

Result<void> insert_stage(store::Tx& tx, std::int64_t callout, const Entered& s) {
  return tx.execute_later("INSERT INTO callout_stage (callout, number, step, channel, message, message_public, filled_to, released, people, reason, at_us) VALUES (:callout, :number, :step, :channel, :message, :public, 0, :released, 0, :reason, :at)",
                          {{"callout", callout}, {"number", s.number}, {"step", s.by}, {"channel", s.channel_number}, {"message", s.message}, {"public", s.message_public}, {"released", s.released}, {"reason", s.reason}, {"at", s.at.us}});
}
Result<std::vector<Entered>> stages(store::ReadTx& tx, std::int64_t callout) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT number, step, channel, message, message_public, filled_to, released, people, reason, at_us FROM callout_stage WHERE callout = :c ORDER BY number, channel", {{"c", callout}}));
  std::vector<Entered> out;
  for (const store::Row& row : rows) {
    Entered one;
    one.number = static_cast<int>(row.integer(0)), one.by = row.text(1), one.channel_number = static_cast<int>(row.integer(2)), one.message = row.integer(3), one.message_public = row.text(4);
    one.filled_to = row.integer(5), one.released = row.integer(6) != 0, one.people = row.integer(7), one.reason = row.text(8), one.at = Instant{row.integer(9)};
    out.push_back(std::move(one));
  }
  return out;
}
Result<bool> move_filling(store::Tx& tx, std::int64_t callout, const Entered& s, std::int64_t to, std::int64_t more, bool released, std::string_view reason) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE callout_stage SET filled_to = :to, people = people + :more, released = :released, reason = :reason WHERE callout = :callout AND number = :number AND channel = :channel AND filled_to = :from AND NOT released",
                                          {{"to", to}, {"more", more}, {"released", released}, {"reason", reason}, {"callout", callout}, {"number", s.number}, {"channel", s.channel_number}, {"from", s.filled_to}}));
  return rows == 1;
}
Result<std::optional<std::int64_t>> callout_of(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT callout FROM callout_stage WHERE message = :m", {{"m", message}}));
  return row ? std::optional<std::int64_t>(row->integer(0)) : std::optional<std::int64_t>();
}

Result<void> insert_people(store::Tx& tx, std::int64_t callout, const std::vector<NewPerson>& people) {
  for (const NewPerson& p : people)
    MACHIYA_CHECK(tx.execute_later("INSERT INTO callout_person (callout, member, token, department, stands_for, asked, answered_us, answers, duty, arrives_us, hurt, family)"
                                   " VALUES (:callout, :member, :token, :department, :for, FALSE, NULL, 0, 0, NULL, 0, 0) ON CONFLICT (callout, member) DO NOTHING",
                                   {{"callout", callout}, {"member", p.member}, {"token", p.token}, {"department", p.department}, {"for", p.stands_for}}));
  return {};
}
Result<std::vector<std::int64_t>> silent(store::ReadTx& tx, std::int64_t callout, std::int64_t after, int limit, bool deputies) {
  MACHIYA_TRY(const auto rows, tx.query(std::string("SELECT member FROM callout_person WHERE callout = :c AND member > :after AND answered_us IS NULL") + (deputies ? "" : " AND stands_for = 0") + " ORDER BY member LIMIT :limit", {{"c", callout}, {"after", after}, {"limit", limit}}));
  std::vector<std::int64_t> out;
  for (const store::Row& row : rows) out.push_back(row.integer(0));
  return out;
}
Result<std::set<std::int64_t>> called_among(store::ReadTx& tx, std::int64_t callout, const std::vector<std::int64_t>& members) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT member FROM callout_person WHERE callout = :c AND member " + store::in_keys(tx.engine()), {{"c", callout}, {"keys", store::key_list(members, tx.engine())}}));
  std::set<std::int64_t> out;
  for (const store::Row& row : rows) out.insert(row.integer(0));
  return out;
}
Result<void> set_asked(store::Tx& tx, std::int64_t callout, const std::vector<std::int64_t>& members) {
  return tx.execute_later("UPDATE callout_person SET asked = TRUE WHERE callout = :c AND member " + store::in_keys(tx.engine()), {{"c", callout}, {"keys", store::key_list(members, tx.engine())}});
}
Result<void> insert_targets(store::Tx& tx, std::int64_t callout, const std::string& message, const std::vector<std::pair<std::int64_t, std::int64_t>>& targets) {
  static const store::ManyRows many("INSERT INTO callout_target (message, recipient, callout, member) VALUES ", {"m", "r", "c", "p"});
  return many.insert(tx, targets, [&](const auto& t) { return std::array<store::Param, 4>{message, t.first, callout, t.second}; });
}
Result<std::map<std::int64_t, std::string>> tokens(store::ReadTx& tx, std::string_view message, const std::vector<std::int64_t>& recipients) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT t.recipient, p.token FROM callout_target t JOIN callout_person p ON p.callout = t.callout AND p.member = t.member WHERE t.message = :m AND t.recipient " + store::in_keys(tx.engine()),
                                        {{"m", message}, {"keys", store::key_list(recipients, tx.engine())}}));
  std::map<std::int64_t, std::string> out;
  for (const store::Row& row : rows) out[row.integer(0)] = row.text(1);
  return out;
}

Result<std::optional<PersonRow>> person(store::ReadTx& tx, std::string_view token) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kPerson) + "WHERE token = :t", {{"t", token}}));
  return row ? std::optional<PersonRow>(person_in(*row)) : std::optional<PersonRow>();
}
Result<void> each_person(store::ReadTx& tx, std::int64_t callout, const std::string& department, const std::function<void(const PersonRow&)>& each) {
  store::Binds binds = {{"c", callout}};
  if (!department.empty()) binds.push_back({"d", department});
  return tx.stream(std::string(kPerson) + "WHERE callout = :c" + (department.empty() ? "" : " AND department = :d") + " ORDER BY member", binds, [&](const store::Row& row) {
    each(person_in(row));
    return true;
  });
}
Result<std::vector<std::pair<std::int64_t, std::int64_t>>> targets(store::ReadTx& tx, const std::string& message) {
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  MACHIYA_CHECK(tx.stream("SELECT recipient, member FROM callout_target WHERE message = :m ORDER BY recipient", {{"m", message}}, [&](const store::Row& row) {
    out.emplace_back(row.integer(0), row.integer(1));
    return true;
  }));
  return out;
}
Result<bool> add_answer(store::Tx& tx, const PersonRow& p, const Answer& a, Instant now) {
  // The person's row first: two answers at once wait for each other here.
  MACHIYA_TRY(const auto rows, tx.query("UPDATE callout_person SET answers = answers + 1, answered_us = COALESCE(answered_us, :now), duty = :duty, arrives_us = :arrives, hurt = :hurt, family = :family"
                                        " WHERE callout = :c AND member = :m RETURNING answers",
                                        {{"now", now.us}, {"duty", static_cast<int>(a.duty)}, {"arrives", optional_us(a.arrives)}, {"hurt", static_cast<int>(a.self)}, {"family", static_cast<int>(a.family)}, {"c", p.callout}, {"m", p.member}}));
  if (rows.empty()) return Error(ErrorCode::not_found, "nobody was called by this link");
  const std::int64_t sequence = rows.front().integer(0);
  MACHIYA_CHECK(tx.execute_later("INSERT INTO callout_answer (callout, member, sequence, duty, arrives_us, hurt, family, at_us) VALUES (:c, :m, :s, :duty, :arrives, :hurt, :family, :now)",
                                 {{"c", p.callout}, {"m", p.member}, {"s", sequence}, {"duty", static_cast<int>(a.duty)}, {"arrives", optional_us(a.arrives)}, {"hurt", static_cast<int>(a.self)}, {"family", static_cast<int>(a.family)}, {"now", now.us}}));
  return sequence == 1;
}
Result<void> each_answer(store::ReadTx& tx, std::int64_t callout, const std::function<void(std::int64_t, const Answer&)>& each) {
  return tx.stream("SELECT member, duty, arrives_us, hurt, family FROM callout_answer WHERE callout = :c ORDER BY member, sequence", {{"c", callout}}, [&](const store::Row& row) {
    each(row.integer(0), {static_cast<Duty>(row.integer(1)), instant_in(row, 2), static_cast<Health>(row.integer(3)), static_cast<Health>(row.integer(4))});
    return true;
  });
}

}  // namespace machiya::callout::dao
