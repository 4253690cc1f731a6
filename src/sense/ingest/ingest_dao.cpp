#include "sense/ingest/ingest_dao.h"

#include <deque>
#include <map>

namespace machiya::sense::ingest::dao {
namespace {

std::optional<Instant> moment(const store::Row& row, std::size_t i) {
  if (row.is_null(i)) return {};
  return Instant{row.integer(i)};
}
std::optional<std::int64_t> us(const std::optional<Instant>& t) { return t ? std::optional(t->us) : std::nullopt; }

Result<std::pair<Device, Activity>> device_in(const store::Row& row) {
  Device d;
  d.id = row.text(0), d.profile = row.text(1), d.name = row.text(2), d.department = row.text(3), d.gateway = row.text(4);
  if (!row.is_null(5) && !row.is_null(6)) d.at = GeoPoint{row.real(5), row.real(6)};
  MACHIYA_TRY(d.details, json::parse(row.text(7)));
  d.registered = Instant{row.integer(8)}, d.retired = moment(row, 9), d.revision = static_cast<int>(row.integer(10));
  Activity a;
  a.seen = moment(row, 11), a.error_at = moment(row, 12), a.error = row.text(13);
  a.taken = row.integer(14), a.misfits = row.integer(15), a.refused = row.integer(16);
  return std::pair(std::move(d), std::move(a));
}

constexpr std::string_view kMisfit = "SELECT public_id, device, profile, version, door, place, about, payload, causes, taken, first_us, last_us, repeats, state, actor, reason, digest FROM sense_misfit ";

/// "(:d0, :d1)"; no list: nothing is in it.
std::string in_list(const std::string& column, const std::vector<std::string>& values, char prefix, std::deque<std::string>& names, store::Binds& binds) {
  if (values.empty()) return "1 = 0";
  std::string out = column + " IN (";
  for (std::size_t i = 0; i < values.size(); ++i) {
    names.push_back(prefix + std::to_string(i));
    out += (i ? ", :" : ":") + names.back();
    binds.push_back({names.back(), values[i]});
  }
  return out + ")";
}

std::string seen(const MisfitSight& sight, std::deque<std::string>& names, store::Binds& binds) {
  const std::string types = in_list("profile", sight.types, 't', names, binds);
  return "(device = '' AND " + (sight.other_types ? "NOT (" + types + ")" : types) + " OR device <> '' AND device IN (SELECT device FROM sense_device WHERE " +
         in_list("department", sight.departments, 'd', names, binds) + "))";
}

json::Value about_of(const Misfit& m) {
  json::Value topic = json::Value::object();
  for (const auto& [name, text] : m.topic) topic.set(name, text);
  return json::Value::object({{"topic", std::move(topic)}, {"precision", m.precision}});
}

Result<Misfit> misfit_in(const store::Row& row) {
  Misfit m;
  m.public_id = row.text(0), m.device = row.text(1), m.profile = row.text(2), m.version = static_cast<int>(row.integer(3)), m.door = row.text(4), m.place = row.text(5);
  MACHIYA_TRY(const json::Value about, json::parse(row.text(6)));
  for (const auto& [name, text] : about["topic"].members()) m.topic.emplace_back(name, text.as_string());
  m.precision = about.text("precision"), m.payload = row.text(7);
  MACHIYA_TRY(const json::Value causes, json::parse(row.text(8)));
  m.causes = causes_in(causes), m.taken = row.integer(9) != 0;
  m.first = Instant{row.integer(10)}, m.last = Instant{row.integer(11)}, m.repeats = row.integer(12);
  m.state = row.text(13), m.actor = row.text(14), m.reason = row.text(15), m.digest = row.text(16);
  return m;
}

}  // namespace

Result<std::vector<std::pair<Device, Activity>>> devices(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT device, profile, name, department, gateway, lat, lon, details, registered_us, retired_us, revision, seen_us, error_us, error, taken, misfits, refused"
                                        " FROM sense_device ORDER BY id"));
  MACHIYA_TRY(const auto keys, tx.query("SELECT device, key, label, salt, hash, created_us, expires_us, revoked_us FROM sense_device_key ORDER BY created_us, key"));
  std::map<std::string, std::vector<DeviceKey>> by_device;
  for (const store::Row& row : keys) by_device[row.text(0)].push_back({row.text(1), row.text(3), row.text(4), row.text(2), Instant{row.integer(5)}, moment(row, 6), moment(row, 7)});
  std::vector<std::pair<Device, Activity>> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(auto one, device_in(row));
    one.first.keys = std::move(by_device[one.first.id]);
    out.push_back(std::move(one));
  }
  return out;
}

Result<void> insert(store::Tx& tx, const Device& d) {
  MACHIYA_TRY(const auto id, tx.insert("sense_device",
                                       "INSERT INTO sense_device (id, device, profile, name, department, gateway, lat, lon, details, registered_us, revision, error, taken, misfits, refused)"
                                       " VALUES (:id, :device, :profile, :name, :department, :gateway, :lat, :lon, :details, :now, 1, '', 0, 0, 0)",
                                       {{"device", d.id}, {"profile", d.profile}, {"name", d.name}, {"department", d.department}, {"gateway", d.gateway},
                                        {"lat", d.at ? std::optional(d.at->lat) : std::nullopt}, {"lon", d.at ? std::optional(d.at->lon) : std::nullopt},
                                        {"details", json::to_canonical(d.details)}, {"now", d.registered.us}}));
  (void)id;
  return {};
}

Result<bool> update(store::Tx& tx, const Device& d) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE sense_device SET profile = :profile, name = :name, gateway = :gateway, lat = :lat, lon = :lon, details = :details, revision = revision + 1"
                                          " WHERE device = :device AND revision = :revision AND retired_us IS NULL",
                                          {{"profile", d.profile}, {"name", d.name}, {"gateway", d.gateway}, {"lat", d.at ? std::optional(d.at->lat) : std::nullopt},
                                           {"lon", d.at ? std::optional(d.at->lon) : std::nullopt}, {"details", json::to_canonical(d.details)}, {"device", d.id}, {"revision", d.revision}}));
  return rows == 1;
}

Result<bool> retire(store::Tx& tx, std::string_view device, Instant now) {
  MACHIYA_CHECK(tx.execute_later("UPDATE sense_device_key SET revoked_us = :now WHERE device = :device AND revoked_us IS NULL", {{"now", now.us}, {"device", device}}));
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE sense_device SET retired_us = :now, revision = revision + 1 WHERE device = :device AND retired_us IS NULL", {{"now", now.us}, {"device", device}}));
  return rows == 1;
}

Result<void> insert_key(store::Tx& tx, std::string_view device, const DeviceKey& k) {
  return tx.execute_later("INSERT INTO sense_device_key (key, device, label, salt, hash, created_us, expires_us) VALUES (:key, :device, :label, :salt, :hash, :now, :expires)",
                          {{"key", k.id}, {"device", device}, {"label", k.label}, {"salt", k.salt}, {"hash", k.hash}, {"now", k.created.us}, {"expires", us(k.expires)}});
}

Result<bool> revoke_key(store::Tx& tx, std::string_view device, std::string_view key, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE sense_device_key SET revoked_us = :now WHERE key = :key AND device = :device AND revoked_us IS NULL", {{"now", now.us}, {"key", key}, {"device", device}}));
  return rows == 1;
}

Result<void> put_activity(store::Tx& tx, std::string_view device, const Activity& a) {
  return tx.execute_later("UPDATE sense_device SET seen_us = :seen, error_us = :error_at, error = :error, taken = :taken, misfits = :misfits, refused = :refused WHERE device = :device",
                          {{"seen", us(a.seen)}, {"error_at", us(a.error_at)}, {"error", a.error}, {"taken", a.taken}, {"misfits", a.misfits}, {"refused", a.refused}, {"device", device}});
}

Result<void> add_hour(store::Tx& tx, std::string_view device, const HourCount& c) {
  return tx.execute_later("INSERT INTO sense_device_hour (device, hour, taken, misfits) VALUES (:device, :hour, :taken, :misfits)"
                          " ON CONFLICT (device, hour) DO UPDATE SET taken = sense_device_hour.taken + excluded.taken, misfits = sense_device_hour.misfits + excluded.misfits",
                          {{"device", device}, {"hour", c.hour}, {"taken", c.taken}, {"misfits", c.misfits}});
}

Result<std::vector<HourCount>> hours(store::ReadTx& tx, std::string_view device, std::int64_t since) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT hour, taken, misfits FROM sense_device_hour WHERE device = :device AND hour >= :since ORDER BY hour", {{"device", device}, {"since", since}}));
  std::vector<HourCount> out;
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.integer(1), row.integer(2)});
  return out;
}

Result<void> drop_hours(store::Tx& tx, std::int64_t before) { return tx.execute_later("DELETE FROM sense_device_hour WHERE hour < :before", {{"before", before}}); }

Result<std::vector<Claim>> claims(store::ReadTx& tx) {
  std::vector<Claim> out;
  MACHIYA_CHECK(tx.stream("SELECT entity, device, type FROM sense_device_entity", {}, [&](const store::Row& row) {
    out.push_back({row.text(0), row.text(1), row.text(2)});
    return true;
  }));
  return out;
}

Result<void> insert_claim(store::Tx& tx, const Claim& c) {
  return tx.execute_later("INSERT INTO sense_device_entity (entity, device, type) VALUES (:entity, :device, :type) ON CONFLICT (entity) DO NOTHING",
                          {{"entity", c.entity}, {"device", c.device}, {"type", c.type}});
}

Result<std::string> put_misfit(store::Tx& tx, const Misfit& m) {
  // Of the same payload the newest causes count.
  MACHIYA_TRY(const auto rows, tx.query("INSERT INTO sense_misfit (public_id, device, profile, version, door, place, about, payload, bytes, digest, code, causes, taken, first_us, last_us, repeats, state, actor, reason)"
                                        " VALUES (:public, :device, :profile, :version, :door, :place, :about, :payload, :bytes, :digest, :code, :causes, :taken, :first, :last, 1, 'open', '', '')"
                                        " ON CONFLICT (device, digest) WHERE state = 'open' DO UPDATE SET repeats = sense_misfit.repeats + 1, last_us = excluded.last_us, causes = excluded.causes,"
                                        " code = excluded.code, version = excluded.version, taken = excluded.taken RETURNING public_id",
                                        {{"public", m.public_id}, {"device", m.device}, {"profile", m.profile}, {"version", m.version}, {"door", m.door}, {"place", m.place},
                                         {"about", json::to_canonical(about_of(m))}, {"payload", store::Bytes{m.payload}}, {"bytes", m.payload.size()}, {"digest", m.digest},
                                         {"code", m.causes.empty() ? std::string() : m.causes.front().code}, {"causes", json::to_text(to_json(m.causes))}, {"taken", m.taken},
                                         {"first", m.first.us}, {"last", m.last.us}}));
  return rows.empty() ? m.public_id : rows.front().text(0);
}

Result<EntityRoom> entity_room(store::ReadTx& tx, std::string_view type, std::string_view digest) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT count(*), coalesce(CAST(sum(CASE WHEN digest = :digest THEN 1 ELSE 0 END) AS BIGINT), 0) FROM sense_misfit"
                                           " WHERE device = '' AND state = 'open' AND profile = :type AND place <> ''",
                                           {{"digest", digest}, {"type", type}}));
  return EntityRoom{row->integer(1) > 0, row->integer(0)};
}

Result<InboxSize> inbox_size(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT device, count(*), CAST(sum(bytes) AS BIGINT) FROM sense_misfit WHERE state = 'open' GROUP BY device"));
  InboxSize out;
  for (const store::Row& row : rows) out.of_device.emplace_back(row.text(0), row.integer(1)), out.bytes += row.integer(2);
  return out;
}

Result<std::optional<Misfit>> misfit(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kMisfit) + "WHERE public_id = :id", {{"id", public_id}}));
  if (!row) return std::optional<Misfit>();
  MACHIYA_TRY(Misfit out, misfit_in(*row));
  return std::optional<Misfit>(std::move(out));
}

Result<std::vector<Misfit>> misfits(store::ReadTx& tx, const MisfitFilter& f, int limit) {
  std::string where = f.open ? "WHERE state = 'open'" : "WHERE state <> 'open'";
  store::Binds binds{{"limit", limit}};
  const auto narrow = [&](const char* column, const char* name, const std::string& value) {
    if (!value.empty()) where += std::string(" AND ") + column + " = :" + name, binds.push_back({name, value});
  };
  narrow("device", "device", f.device), narrow("profile", "profile", f.profile);
  if (f.before > 0) where += " AND (last_us < :before OR last_us = :before AND public_id < :before_id)", binds.push_back({"before", f.before}), binds.push_back({"before_id", f.before_id});
  std::deque<std::string> names;   // binds keep views of them
  if (f.sight) where += " AND " + seen(*f.sight, names, binds);
  MACHIYA_TRY(const auto rows, tx.query(std::string(kMisfit) + where + " ORDER BY last_us DESC, public_id DESC LIMIT :limit", binds));
  std::vector<Misfit> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(Misfit one, misfit_in(row));
    out.push_back(std::move(one));
  }
  return out;
}

Result<bool> close_misfit(store::Tx& tx, std::string_view public_id, std::string_view state, std::string_view actor, std::string_view reason, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE sense_misfit SET state = :state, actor = :actor, reason = :reason, closed_us = :now WHERE public_id = :id AND state = 'open'",
                                          {{"state", state}, {"actor", actor}, {"reason", reason}, {"now", now.us}, {"id", public_id}}));
  return rows == 1;
}

Result<void> set_causes(store::Tx& tx, std::string_view public_id, const Causes& causes, int version) {
  return tx.execute_later("UPDATE sense_misfit SET causes = :causes, code = :code, version = :version WHERE public_id = :id AND state = 'open'",
                          {{"causes", json::to_text(to_json(causes))}, {"code", causes.empty() ? std::string() : causes.front().code}, {"version", version}, {"id", public_id}});
}

Result<void> drop_closed(store::Tx& tx, Instant before) { return tx.execute_later("DELETE FROM sense_misfit WHERE closed_us < :before", {{"before", before.us}}); }

}  // namespace machiya::sense::ingest::dao
