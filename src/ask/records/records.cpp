#include "ask/records/records.h"

#include <algorithm>

#include "ask/records/touch_dao.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/vault/vault.h"

namespace machiya::records {

Records::Records(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng)
    : store_(store), vault_(vault), audit_(audit), clock_(clock), rng_(rng) {}

json::Value Records::pack(json::Value data, const Terms& terms) {
  json::Value search = json::Value::array();
  for (const auto& [field, text] : terms) {
    json::Value pair = json::Value::array();
    pair.push(field);
    pair.push(text);
    search.push(std::move(pair));
  }
  json::Value out = json::Value::object();
  out.set("data", std::move(data));
  out.set("search", std::move(search));
  return out;
}

Terms Records::terms_in(const json::Value& packed) {
  Terms out;
  for (const json::Value& pair : packed["search"].items()) out.emplace_back(pair[std::size_t{0}].as_string(), pair[std::size_t{1}].as_string());
  return out;
}

std::vector<std::int64_t> Records::tokens_of(const Terms& terms) const {
  std::vector<std::int64_t> out;
  for (const auto& [field, text] : terms) {
    std::vector<std::int64_t> tokens = vault_.search_tokens(field, text);
    out.insert(out.end(), tokens.begin(), tokens.end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::vector<Opened>> Records::search(std::string_view kind, std::string_view text, int limit) {
  return store_.read([&](store::ReadTx& tx) { return search(tx, kind, "", text, limit); });
}

Result<std::vector<Opened>> Records::search(store::ReadTx& tx, std::string_view kind, std::string_view type, std::string_view text, int limit) {
  const std::string wanted = fold_for_search(text);
  std::vector<Opened> hits;
  if (count_code_points(wanted) < 2) return hits;
  // Common pairs can bring candidates that only share tokens: read more than asked for, then check.
  constexpr int kCandidates = 400;
  std::vector<std::int64_t> ids;
  for (std::string_view field : {"name", "kana", "address"}) {
    std::vector<std::int64_t> tokens = vault_.search_tokens(field, text);
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    MACHIYA_TRY(auto found, records_with_tokens(tx, tokens, kCandidates));
    ids.insert(ids.end(), found.begin(), found.end());
  }
  std::sort(ids.rbegin(), ids.rend());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (std::int64_t id : ids) {
    if (static_cast<int>(hits.size()) >= limit) break;
    MACHIYA_TRY(auto row, find_record_by_id(tx, id));
    if (!row || row->kind != kind || (!type.empty() && row->type != type) || row->sealed.empty()) continue;
    MACHIYA_TRY(std::string plain, vault_.open_sealed(tx, row->data_key, kDataContext, row->sealed));
    MACHIYA_TRY(json::Value packed, json::parse(plain));
    Terms terms = terms_in(packed);
    for (const auto& [field, term] : terms) {
      if (fold_for_search(term).find(wanted) == std::string::npos) continue;
      hits.push_back({std::move(*row), packed["data"], std::move(terms)});
      break;
    }
  }
  return hits;
}

Result<std::string> Records::create(std::string_view kind, std::string_view type, const json::Value& data, const Terms& terms,
                                    std::string_view actor, std::string_view request) {
  const std::string number = new_public_id(rng_);
  const std::string plain = json::to_text(pack(data, terms));
  return store_.write([&](store::Tx& tx) -> Result<std::string> {
    RecordRow row;
    row.number = number, row.kind = kind, row.type = type, row.state = "active", row.channel = "staff", row.lang = "ja";
    row.created = row.changed = row.entered = clock_.now();
    MACHIYA_TRY(row.data_key, vault_.create_key(tx));
    MACHIYA_TRY(row.sealed, vault_.seal(tx, row.data_key, kDataContext, plain));
    MACHIYA_TRY(const std::int64_t id, insert_record(tx, row, std::nullopt));
    MACHIYA_CHECK(insert_tokens(tx, id, tokens_of(terms)));
    MACHIYA_CHECK(insert_event(tx, {id, 1, row.created, "active", "create", std::string(actor), "", ""}));
    MACHIYA_CHECK(audit_.append(tx, {std::string(actor), "record.create", "record:" + number, "", std::string(request), {}}));
    return number;
  });
}

Result<std::optional<Opened>> Records::find(std::string_view number) {
  return store_.read([&](store::ReadTx& tx) -> Result<std::optional<Opened>> {
    MACHIYA_TRY(auto row, find_record(tx, number));
    if (!row || row->sealed.empty()) return std::optional<Opened>();
    MACHIYA_TRY(std::string plain, vault_.open_sealed(tx, row->data_key, kDataContext, row->sealed));
    MACHIYA_TRY(json::Value packed, json::parse(plain));
    return std::optional<Opened>(Opened{std::move(*row), packed["data"], terms_in(packed)});
  });
}

Result<json::Value> Records::facts_of(std::int64_t person) {
  return store_.read([&](store::ReadTx& tx) { return facts_of(tx, person); });
}

Result<json::Value> Records::facts_of(store::ReadTx& tx, std::int64_t person) {
  MACHIYA_TRY(auto row, find_of_person(tx, person, kPerson));
  if (!row || row->sealed.empty()) return json::Value::object();
  MACHIYA_TRY(std::string plain, vault_.open_sealed(tx, row->data_key, kDataContext, row->sealed));
  MACHIYA_TRY(json::Value packed, json::parse(plain));
  return packed["data"];
}

Result<void> Records::merge_facts(store::Tx& tx, std::int64_t person, const json::Value& facts, std::string_view actor, std::string_view evidence, std::string_view request) {
  MACHIYA_TRY(const json::Value known, facts_of(tx, person));
  json::Value merged = known;
  for (const auto& [fact, value] : facts.members()) {
    const json::Value& before = known[fact];
    // A name keeps its reading, an address its building, as long as the rest is the same.
    json::Value next = value;
    if (before.is_object() && std::all_of(value.members().begin(), value.members().end(), [&](const auto& part) { return before[part.first] == part.second; })) next = before;
    merged.set(fact, std::move(next));
  }
  if (merged == known) return {};
  const json::Value& name = merged["name"];
  Terms terms;
  if (name.is_object()) terms = {{"name", name.text("family") + " " + name.text("given")}, {"kana", name.text("family_kana") + " " + name.text("given_kana")}};
  std::string address;
  for (const char* part : {"prefecture", "city", "town", "street", "building"}) address += merged["address"].text(part);
  if (!address.empty()) terms.emplace_back("address", address);
  return put_facts(tx, person, merged, terms, actor, evidence, request);
}

Result<void> Records::put_facts(store::Tx& tx, std::int64_t person, const json::Value& facts, const Terms& terms,
                                std::string_view actor, std::string_view evidence, std::string_view request) {
  const Instant now = clock_.now();
  MACHIYA_TRY(auto row, find_of_person(tx, person, kPerson));
  const std::string plain = json::to_text(pack(facts, terms));
  json::Value why = json::Value::object({{"note", json::Value(evidence)}});
  EventRow event{0, 0, now, "active", row ? "update" : "create", std::string(actor), "", ""};
  std::string number;
  if (row) {
    MACHIYA_TRY(std::string old, vault_.open_sealed(tx, row->data_key, kDataContext, row->sealed));
    MACHIYA_TRY(json::Value packed, json::parse(old));
    MACHIYA_CHECK(delete_tokens(tx, row->id, tokens_of(terms_in(packed))));
    MACHIYA_TRY(row->sealed, vault_.seal(tx, row->data_key, kDataContext, plain));
    row->changed = now;
    MACHIYA_CHECK(update_record(tx, *row));
    event.record = row->id, number = row->number;
  } else {
    row.emplace();
    row->number = number = new_public_id(rng_);
    row->kind = kPerson, row->type = kPerson, row->state = "active", row->channel = "staff", row->lang = "ja", row->person = person;
    row->created = row->changed = row->entered = now;
    MACHIYA_TRY(row->data_key, vault_.create_key(tx));
    MACHIYA_TRY(row->sealed, vault_.seal(tx, row->data_key, kDataContext, plain));
    MACHIYA_TRY(event.record, insert_record(tx, *row, std::nullopt));
    event.sequence = 1;
  }
  MACHIYA_TRY(event.sealed, vault_.seal(tx, row->data_key, kNoteContext, json::to_text(why)));
  MACHIYA_CHECK(insert_tokens(tx, event.record, tokens_of(terms)));
  MACHIYA_CHECK(insert_event(tx, event));
  return audit_.append(tx, {std::string(actor), "person.facts", "record:" + number, "counter", std::string(request), {}});
}

Result<void> Records::erase(store::Tx& tx, const RecordRow& row, std::string_view why) {
  if (row.data_key && !row.sealed.empty()) {
    MACHIYA_TRY(std::string plain, vault_.open_sealed(tx, row.data_key, kDataContext, row.sealed));
    MACHIYA_TRY(json::Value packed, json::parse(plain));
    MACHIYA_CHECK(delete_tokens(tx, row.id, tokens_of(terms_in(packed))));
  }
  if (row.data_key) MACHIYA_CHECK(vault_.erase_key(tx, row.data_key));
  MACHIYA_CHECK(delete_values(tx, row.id));
  MACHIYA_CHECK(touch(tx, row.type, row.id, row.id, clock_.now()));
  MACHIYA_CHECK(blank_record(tx, row.id, clock_.now()));
  return audit_.append(tx, {"system", "record.erase", row.kind + ":" + row.number, std::string(why), "", {}});
}

}  // namespace machiya::records
