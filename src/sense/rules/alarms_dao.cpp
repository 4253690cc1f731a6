#include "sense/rules/alarms_dao.h"

#include "platform/store/key_list.h"

namespace machiya::sense::rules::dao {
namespace {
using store::Row;

constexpr std::string_view kAlarm =
    "SELECT id, public_id, rule, tenant, entity, priority, state, active, due_us, suppressed, shelved_us, out_of_service, raised_us, changed_us, value, actor, actor_name, reason FROM sense_alarm ";

std::string alarms(std::string_view rest) {
  std::string out(kAlarm);
  return out.append(rest);
}

AlarmRow alarm_in(const Row& row) {
  AlarmRow out;
  out.id = row.integer(0), out.public_id = row.text(1), out.rule = row.text(2), out.tenant = row.text(3), out.entity = row.text(4), out.priority = static_cast<Priority>(row.integer(5));
  out.alarm.state = static_cast<State>(row.integer(6)), out.alarm.active = row.integer(7) != 0, out.alarm.due_us = row.integer(8), out.alarm.suppressed = row.integer(9) != 0;
  out.alarm.shelved_until_us = row.integer(10), out.alarm.out_of_service = row.integer(11) != 0;
  out.raised_us = row.integer(12), out.changed_us = row.integer(13), out.value = row.text(14), out.actor = row.text(15), out.actor_name = row.text(16), out.reason = row.text(17);
  return out;
}
/// " AND rule IN (…)" with its binds, whose names are kept in `names`.
std::string only(const std::optional<std::vector<std::string>>& rules, std::vector<std::string>& names, store::Binds& binds) {
  if (!rules) return {};
  if (rules->empty()) return " AND 1 = 0";
  std::string out = " AND rule IN (";
  names.reserve(rules->size());
  for (const std::string& rule : *rules) {
    names.push_back("rule" + std::to_string(names.size()));
    out += (names.size() > 1 ? ", :" : ":") + names.back();
    binds.push_back({names.back(), rule});
  }
  return out + ")";
}
Result<std::vector<AlarmRow>> alarms_in(const Result<store::Rows>& rows) {
  if (!rows.ok()) return rows.error();
  std::vector<AlarmRow> out;
  for (const Row& row : *rows) out.push_back(alarm_in(row));
  return out;
}

}  // namespace

Result<void> put_alarm(store::Tx& tx, const AlarmRow& a) {
  return tx.execute_later(
      "INSERT INTO sense_alarm (id, public_id, rule, tenant, entity, priority, state, mode, active, due_us, suppressed, shelved_us, out_of_service, raised_us, changed_us, value, actor, actor_name, reason)"
      " VALUES (:id, :public, :rule, :tenant, :entity, :priority, :state, :mode, :active, :due, :suppressed, :shelved, :out, :raised, :changed, :value, :actor, :name, :reason)"
      " ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, state = excluded.state, mode = excluded.mode, active = excluded.active, due_us = excluded.due_us,"
      " suppressed = excluded.suppressed, shelved_us = excluded.shelved_us, out_of_service = excluded.out_of_service, raised_us = excluded.raised_us, changed_us = excluded.changed_us,"
      " value = excluded.value, actor = excluded.actor, actor_name = excluded.actor_name, reason = excluded.reason",
      {{"id", a.id}, {"public", a.public_id}, {"rule", a.rule}, {"tenant", a.tenant}, {"entity", a.entity}, {"priority", static_cast<int>(a.priority)},
       {"state", static_cast<int>(a.alarm.state)}, {"mode", static_cast<int>(a.alarm.mode())}, {"active", a.alarm.active}, {"due", a.alarm.due_us}, {"suppressed", a.alarm.suppressed},
       {"shelved", a.alarm.shelved_until_us}, {"out", a.alarm.out_of_service}, {"raised", a.raised_us}, {"changed", a.changed_us}, {"value", a.value}, {"actor", a.actor}, {"name", a.actor_name}, {"reason", a.reason}});
}

Result<void> add_entry(store::Tx& tx, std::int64_t alarm, Priority priority, const Entry& e) {
  MACHIYA_TRY(const std::int64_t id, tx.insert("sense_alarm_journal",
                                               "INSERT INTO sense_alarm_journal (id, alarm, at_us, what, state, mode, priority, actor, actor_name, note)"
                                               " VALUES (:id, :alarm, :at, :what, :state, :mode, :priority, :actor, :name, :note)",
                                               {{"alarm", alarm}, {"at", e.step.at_us}, {"what", static_cast<int>(e.step.what)}, {"state", static_cast<int>(e.step.state)},
                                                {"mode", static_cast<int>(e.step.mode)}, {"priority", static_cast<int>(priority)}, {"actor", e.actor}, {"name", e.actor_name}, {"note", e.note}}));
  (void)id;
  return {};
}

Result<void> put_cursor(store::Tx& tx, std::uint64_t number) {
  return tx.execute_later("INSERT INTO sense_alarm_cursor (one, number) VALUES (1, :number) ON CONFLICT (one) DO UPDATE SET number = excluded.number", {{"number", number}});
}

Result<void> put_rules(store::Tx& tx, const std::map<std::string, std::string>& hashes) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_alarm_rule"));
  for (const auto& [rule, hash] : hashes) MACHIYA_CHECK(tx.execute_later("INSERT INTO sense_alarm_rule (rule, hash) VALUES (:rule, :hash)", {{"rule", rule}, {"hash", hash}}));
  return {};
}

Result<std::optional<std::uint64_t>> cursor(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT number FROM sense_alarm_cursor WHERE one = 1"));
  return row ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(row->integer(0))) : std::nullopt;
}

Result<std::map<std::string, std::string>> rules(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT rule, hash FROM sense_alarm_rule"));
  std::map<std::string, std::string> out;
  for (const Row& row : rows) out[row.text(0)] = row.text(1);
  return out;
}

Result<void> each_alarm(store::ReadTx& tx, const std::function<void(AlarmRow)>& each) {
  return tx.stream(alarms("ORDER BY id"), {}, [&](const Row& row) {
    each(alarm_in(row));
    return true;
  });
}

Result<std::optional<AlarmRow>> find(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(const auto row, tx.query_one(alarms("WHERE public_id = :p"), {{"p", public_id}}));
  return row ? std::optional<AlarmRow>(alarm_in(*row)) : std::nullopt;
}

Result<std::vector<AlarmRow>> list(store::ReadTx& tx, const AlarmFilter& filter, int limit) {
  std::string where;
  switch (filter.show) {
    case AlarmFilter::Show::open: where = "state <> 0"; break;
    case AlarmFilter::Show::unacknowledged: where = "state IN (1, 3, 4) AND state <> 0"; break;
    case AlarmFilter::Show::withheld: where = "mode <> 0"; break;
  }
  store::Binds binds = {{"limit", limit}};
  if (filter.priority) where += " AND priority = :priority", binds.push_back({"priority", static_cast<int>(*filter.priority)});
  std::vector<std::string> names;
  where += only(filter.rules, names, binds);
  // What nobody has acknowledged comes first; then by priority, the newest first.
  return alarms_in(tx.query(alarms("WHERE " + where + " ORDER BY CASE WHEN state IN (1, 3, 4) THEN 0 ELSE 1 END, priority, raised_us DESC, id LIMIT :limit"), binds));
}

Result<std::vector<AlarmRow>> of_entity(store::ReadTx& tx, std::string_view tenant, std::string_view entity) {
  return alarms_in(tx.query(alarms("WHERE entity = :entity AND tenant = :tenant ORDER BY priority, rule"), {{"entity", entity}, {"tenant", tenant}}));
}

Result<AlarmCounts> counts(store::ReadTx& tx, const std::optional<std::vector<std::string>>& rules) {
  AlarmCounts out;
  std::vector<std::string> names;
  store::Binds binds;
  const std::string which = only(rules, names, binds);
  MACHIYA_TRY(const auto open, tx.query(std::string("SELECT priority, CASE WHEN state IN (1, 3, 4) THEN 1 ELSE 0 END AS waits, COUNT(*) FROM sense_alarm WHERE state <> 0") + which + " GROUP BY priority, waits", binds));
  for (const Row& row : open) {
    out.open[static_cast<std::size_t>(row.integer(0))] += row.integer(2);
    if (row.integer(1) != 0) out.unacknowledged += row.integer(2);
  }
  MACHIYA_TRY(const auto withheld, tx.query_one("SELECT COUNT(*) FROM sense_alarm WHERE mode <> 0" + which, binds));
  out.withheld = withheld->integer(0);
  return out;
}

Result<std::vector<Entry>> entries(store::ReadTx& tx, std::int64_t alarm, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT at_us, what, state, mode, actor, actor_name, note FROM sense_alarm_journal WHERE alarm = :alarm ORDER BY id DESC LIMIT :limit", {{"alarm", alarm}, {"limit", limit}}));
  std::vector<Entry> out;
  for (const Row& row : rows)
    out.push_back({{static_cast<What>(row.integer(1)), row.integer(0), static_cast<State>(row.integer(2)), static_cast<Mode>(row.integer(3))}, row.text(4), row.text(5), row.text(6)});
  return out;
}

Result<void> each_raised(store::ReadTx& tx, std::int64_t from_us, std::int64_t to_us, const std::function<void(std::int64_t, std::int64_t, Priority)>& each) {
  return tx.stream("SELECT alarm, at_us, priority FROM sense_alarm_journal WHERE at_us >= :from AND at_us < :to AND what = 1 ORDER BY at_us, id", {{"from", from_us}, {"to", to_us}}, [&](const Row& row) {
    each(row.integer(0), row.integer(1), static_cast<Priority>(row.integer(2)));
    return true;
  });
}

Result<std::int64_t> standing(store::ReadTx& tx, std::int64_t before_us) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM sense_alarm WHERE state <> 0 AND state IN (1, 2) AND raised_us < :before", {{"before", before_us}}));
  return row->integer(0);
}

Result<std::vector<AlarmRow>> by_keys(store::ReadTx& tx, const std::vector<std::int64_t>& keys) {
  return alarms_in(tx.query(alarms("WHERE id " + store::in_keys(tx.engine())), {{"keys", store::key_list(keys, tx.engine())}}));
}

Result<std::int64_t> forget_entries(store::Tx& tx, std::int64_t before_us) { return tx.execute("DELETE FROM sense_alarm_journal WHERE at_us < :before", {{"before", before_us}}); }

}  // namespace machiya::sense::rules::dao
