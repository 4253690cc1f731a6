// The part of the loader that reads city.yaml, wards, departments, policy, calendar, fields and rooms.
#include <algorithm>

#include "city/loader.h"
#include "platform/identity/policy.h"

namespace machiya::city {

void Loader::keep_facts(const std::string& file, const json::Value& facts) {
  for (const json::Value& fact : facts.items()) {
    json::Value row = json::Value::object({{"file", file}});
    for (const auto& [key, value] : fact.members()) row.set(key, value);
    city_->facts_.push(std::move(row));
  }
}

std::unique_ptr<json::Value> Loader::base_file(const std::string& path, const std::string& schema_name, bool required) {
  std::string probe;
  if (!required && !read_text_file(folder_ + "/" + path, probe)) return nullptr;
  const Compiled* compiled = schema(schema_name, std::string(schema_text(schema_name)));
  if (!compiled) return nullptr;
  Reading reading = reader_.read(path, *compiled->schema, compiled->hash, faults_);
  if (!reading.ok) return nullptr;
  keep_facts(path, reading.body["facts"]);
  references_.push_back({path, references(reading.body, compiled->schema->root()), compiled->schema});
  return std::make_unique<json::Value>(std::move(reading.body));
}

void Loader::read_base() {
  if (auto body = base_file("city.yaml", "city", true)) {
    city_->id_ = body->text("city");
    city_->name_ = Text((*body)["name"]);
    city_->settings_ = std::move(*body);
  }
  if (auto body = base_file("calendar.yaml", "calendar", false)) city_->settings_.set("calendar", std::move(*body));
  if (auto body = base_file("policy.yaml", "policy", false)) {
    check_policy(*body);
    city_->policy_ = std::move(*body);
  }
  read_wards();
  read_departments();
}

void Loader::check_policy(const json::Value& policy) {
  const json::Value& purposes = policy["purposes"];
  const auto is_for = [](const json::Value& list, std::string_view permission) {
    std::vector<std::string> patterns;
    for (const json::Value& item : list.items()) patterns.push_back(item.as_string());
    return identity::covered(patterns, permission);
  };
  for (const auto& [name, role] : policy["roles"].members()) {
    const std::string at = "/roles/" + json::pointer_token(name);
    for (std::size_t i = 0; i < role["purposes"].size(); ++i)
      if (const std::string purpose = role["purposes"][i].as_string(); !purposes.has(purpose))
        fault_at("policy.yaml", at + "/purposes/" + std::to_string(i), "利用目的「" + purpose + "」は purposes にありません", "there is no purpose \"" + purpose + "\"");
    // A permission that reads personal data and has no purpose in its role would refuse everybody, silently.
    for (std::size_t i = 0; i < role["permissions"].size(); ++i) {
      const std::string permission = role["permissions"][i].as_string();
      bool personal = false, claimed = false;
      for (const auto& [purpose, body] : purposes.members()) {
        if (!is_for(body["for"], permission)) continue;
        personal = true;
        for (const json::Value& own : role["purposes"].items()) claimed = claimed || own.as_string() == purpose;
      }
      if (personal && !claimed)
        fault_at("policy.yaml", at + "/permissions/" + std::to_string(i), "「" + permission + "」には利用目的が要ります。この役割の purposes のどれもこの権限のためのものではありません",
                 "\"" + permission + "\" needs a purpose, and none of this role's purposes is for it");
    }
  }
}

void Loader::read_wards() {
  auto body = base_file("wards.yaml", "wards", false);
  if (!body) return;
  std::size_t index = 0;
  for (const json::Value& entry : (*body)["wards"].items()) {
    const std::string pointer = "/wards/" + std::to_string(index++);
    Ward ward;
    ward.id = entry.text("id");
    ward.code = entry.text("code");
    ward.name = Text(entry["name"]);
    ward.kana = entry.text("kana");
    ward.lat = entry["lat"].as_double();
    ward.lon = entry["lon"].as_double();
    ward.population = entry["population"].as_int();
    if (city_->ward(ward.id)) fault_at("wards.yaml", pointer + "/id", "区「" + ward.id + "」が2回書かれています", "ward \"" + ward.id + "\" is listed twice");
    if (city_->ward(ward.code)) fault_at("wards.yaml", pointer + "/code", "コード「" + ward.code + "」が2回書かれています", "code \"" + ward.code + "\" is listed twice");
    known_["ward"].insert(ward.id);
    city_->wards_.push_back(std::move(ward));
  }
}

void Loader::read_departments() {
  auto body = base_file("departments.yaml", "departments", false);
  if (!body) return;
  std::size_t index = 0;
  for (const json::Value& entry : (*body)["departments"].items()) {
    const std::string pointer = "/departments/" + std::to_string(index++) + "/id";
    Department department{entry.text("id"), Text(entry["name"]), entry.text("contact")};
    if (!known_["department"].insert(department.id).second)
      fault_at("departments.yaml", pointer, "部署「" + department.id + "」が2回書かれています", "department \"" + department.id + "\" is listed twice");
    city_->departments_.push_back(std::move(department));
  }
}

void Loader::read_rooms() {
  std::map<std::string, Text> fields;
  json::Value field_list = json::Value::array();
  for (const FieldFolder& folder : list_.fields) {
    if (!folder.has_file) continue;
    const std::string path = folder.folder + "/field.yaml";
    auto body = base_file(path, "field", true);
    if (!body) continue;
    if ((*body)["field"].as_int() != (folder.folder[0] - '0') * 10 + (folder.folder[1] - '0'))
      fault_at(path, "/field", "フォルダー名の番号と違います", "the number differs from the folder's");
    fields[folder.folder] = Text((*body)["name"]);
    json::Value entry = json::Value::object();
    entry.set("folder", folder.folder).set("name", (*body)["name"]);
    field_list.push(std::move(entry));
  }
  if (field_list.size() > 0) city_->settings_.set("fields", std::move(field_list));
  for (const RoomFolder& room : list_.rooms) read_room(room, fields);
  std::sort(city_->rooms_.begin(), city_->rooms_.end(), [](const Room& a, const Room& b) { return a.number < b.number; });
  const json::Value& expected = city_->settings_["programme"]["initiatives"];
  if (expected.is_number() && expected.as_int() != static_cast<std::int64_t>(list_.rooms.size()))
    fault_at("city.yaml", "/programme/initiatives", "取組の数(" + expected.number_text() + ")と部屋の数(" + std::to_string(list_.rooms.size()) + ")が違います",
             expected.number_text() + " initiatives are named here, but there are " + std::to_string(list_.rooms.size()) + " rooms");
}

void Loader::read_room(const RoomFolder& folder, const std::map<std::string, Text>& fields) {
  const std::string path = folder.folder + "/room.yaml";
  auto body = base_file(path, "room", true);
  if (!body) return;
  Room room;
  room.number = static_cast<int>((*body)["number"].as_int());
  room.field = folder.field;
  room.folder = folder.folder;
  if (const auto field = fields.find(folder.field); field != fields.end()) room.field_name = field->second;
  room.name = Text((*body)["name"]);
  room.status = body->text("status");
  for (const json::Value& viewpoint : (*body)["viewpoints"].items()) {
    room.service = room.service || viewpoint.as_string() == "service";
    room.city = room.city || viewpoint.as_string() == "city";
    room.administration = room.administration || viewpoint.as_string() == "administration";
  }
  room.strategy = body->text("strategy");
  room.page = body->text("page");
  room.owner = body->text("owner");
  if (folder.field + "/" + body->text("room") != folder.folder)
    fault_at(path, "/room", "フォルダー名と同じ名前にします", "must be the name of the folder");
  const auto same = std::find_if(city_->rooms_.begin(), city_->rooms_.end(), [&](const Room& r) { return r.number == room.number; });
  if (same != city_->rooms_.end())
    fault_at(path, "/number", "番号" + std::to_string(room.number) + "は「" + same->folder + "」でも使われています",
             "number " + std::to_string(room.number) + " is also used by " + same->folder);
  city_->rooms_.push_back(std::move(room));
}

}  // namespace machiya::city
