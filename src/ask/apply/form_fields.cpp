// A posted form turned into fields of the interview: uploads stored, addresses and banks completed from the tables.
#include "ask/apply/fields.h"

#include "ask/apply/apply.h"
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

using interview::AnswerType;

std::string* find(interview::Fields& fields, const std::string& name) {
  for (auto& [key, value] : fields.pairs)
    if (key == name) return &value;
  return nullptr;
}
void fill(interview::Fields& fields, const std::string& name, const std::string& value, bool overwrite) {
  if (value.empty()) return;
  if (std::string* old = find(fields, name)) {
    if (overwrite || trim(*old).empty()) *old = value;
  } else {
    fields.pairs.emplace_back(name, value);
  }
}

}  // namespace

void complete_address(const locale::ReferenceData* reference, const std::string& name, bool asked, interview::Fields& fields) {
  if (reference == nullptr) return;
  const std::string* code = find(fields, name + ".postal_code");
  if (code == nullptr) return;
  const std::string digits = digits_of(*code);
  if (digits.size() != 7) return;
  const auto towns = reference->towns_of(digits);
  if (towns.empty()) return;
  std::size_t chosen = towns.size() == 1 ? 0 : towns.size();
  if (const std::string* choice = find(fields, name + ".town_choice"))
    for (std::size_t i = 0; i < towns.size(); ++i)
      if (*choice == std::to_string(i)) chosen = i;
  const auto& town = towns[chosen < towns.size() ? chosen : 0];
  fill(fields, name + ".prefecture", town.prefecture, asked);
  fill(fields, name + ".city", town.city, asked);
  if (chosen < towns.size()) fill(fields, name + ".town", town.town, asked);
  const std::string* city = find(fields, name + ".city");
  if (city != nullptr && *city == town.city) fill(fields, name + ".city_code", town.city_code, true);
}

void complete_bank(const locale::ReferenceData* reference, const std::string& name, interview::Fields& fields) {
  if (reference == nullptr) return;
  const std::string* bank = find(fields, name + ".bank_code");
  const std::string* branch = find(fields, name + ".branch_code");
  if (bank == nullptr || branch == nullptr) return;
  const std::string bank_digits = digits_of(*bank), branch_digits = digits_of(*branch);
  if (auto known = reference->bank(bank_digits)) fill(fields, name + ".bank_name", known->name, true);
  if (auto known = reference->branch(bank_digits, branch_digits)) fill(fields, name + ".branch_name", known->name, true);
}

void take_files(const http::Request& request, const interview::QuestionState& now, std::string_view owner, blobs::Blobs& blobs, interview::Fields& fields, std::string& trouble) {
  const auto& question = *now.question;
  std::vector<std::string> items;
  bool changed = false;
  for (const auto& item : now.value.items()) {
    bool removed = false;
    for (const auto& [key, value] : request.form_pairs) removed = removed || (key == question.name + ".remove" && value == item.text("blob"));
    if (removed) changed = true;
    else items.push_back(json::to_text(item));
  }
  const std::size_t most = static_cast<std::size_t>(question.max_count >= 0 ? question.max_count : 1);
  for (const auto& file : request.files) {
    if (file.field != question.name || file.size == 0) continue;
    if (items.size() >= most && most == 1) items.clear();   // a new photo replaces the only one
    if (items.size() >= most) {
      trouble = "apply.file.too_many";
      continue;
    }
    blobs::Limits limits;
    if (question.type == AnswerType::photo) limits.types = {"image/jpeg", "image/png", "image/webp"};
    blobs::PhotoFacts facts;
    auto blob = blobs.put(file.path, file.content_type, limits, owner, question.exif.empty() ? nullptr : &facts);
    if (!blob.ok()) {
      trouble = blob.error().code == ErrorCode::too_large ? "apply.file.too_large" : blob.error().code == ErrorCode::unsupported_type ? "apply.file.type" : "apply.file.failed";
      continue;
    }
    auto item = json::Value::object({{"blob", blob->public_id}, {"filename", interview::clean(file.filename)}, {"type", blob->type}, {"bytes", static_cast<std::int64_t>(blob->bytes)}});
    for (const auto& wanted : question.exif) {
      if (wanted == "place" && facts.latitude && facts.longitude) item.set("lat", *facts.latitude), item.set("lon", *facts.longitude);
      if (wanted == "time" && facts.taken) item.set("taken", to_iso_japan(*facts.taken));
    }
    items.push_back(json::to_text(item));
    changed = true;
  }
  if (!changed) {
    if (!now.answered) fields.pairs.emplace_back(question.name + ".asked", "1");
    return;
  }
  fields.pairs.emplace_back(question.name + ".asked", "1");
  for (auto& item : items) fields.pairs.emplace_back(question.name + ".item", std::move(item));
}

interview::Fields Apply::fields_of(http::Request& request, const Draft& draft, const interview::PageState& page, std::string& trouble) {
  interview::Fields fields;
  for (const auto& [name, value] : request.form_pairs) {
    // ".item" holds what the blob store said; nobody outside may write it.
    if (name.size() > 5 && name.compare(name.size() - 5, 5, ".item") == 0) continue;
    if (fields.pairs.size() < 4000) fields.pairs.emplace_back(name, value);
  }
  const auto lookup = request.form("lookup").value_or("");
  for (const auto& now : page.questions) {
    const auto& question = *now.question;
    if (question.takes_files()) {   // only what we stored counts, never what the form says of files
      const std::string dotted = question.name + ".";
      std::erase_if(fields.pairs, [&](const auto& pair) { return pair.first == question.name || starts_with(pair.first, dotted); });
      take_files(request, now, Drafts::file_owner(draft.public_id), p_.blobs, fields, trouble);
    }
    if (question.type == AnswerType::address) complete_address(p_.reference, question.name, lookup == question.name, fields);
    if (question.type == AnswerType::bank_account) complete_bank(p_.reference, question.name, fields);
  }
  return fields;
}

}  // namespace machiya::apply
