// What a channel received, turned into entries of the log.
#include <unordered_set>

#include "ask/interview/answer_types.h"
#include "base/rng.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

/// Distinct ids out of the fresh ones; the last is extended when they run out.
class Ids {
 public:
  explicit Ids(const std::vector<std::string>& fresh) : fresh_(fresh) {}
  std::string next() {
    if (used_ < fresh_.size()) return fresh_[used_++];
    return (fresh_.empty() ? std::string("0") : fresh_.back()) + "." + std::to_string(++more_);
  }
  /// An id of an item: letters and digits only.
  std::string item() {
    std::string out;
    for (char c : next())
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
    return out;
  }

 private:
  const std::vector<std::string>& fresh_;
  std::size_t used_ = 0, more_ = 0;
};

bool may_be_absent(AnswerType type) {
  return type == AnswerType::choices || type == AnswerType::declaration || type == AnswerType::choice || type == AnswerType::yes_no;
}

}  // namespace

Value raw_of_parts(const Parts& parts) {
  Value raw = Value::object();
  for (const auto& [name, text] : parts) {
    Value* old = raw.find(name);
    if (old == nullptr) raw.set(name, text.substr(0, kMaxTextBytes));
    else if (old->is_array()) old->push(text.substr(0, kMaxTextBytes));
    else *old = Value(Value::Array{*old, Value(text.substr(0, kMaxTextBytes))});
  }
  return raw;
}

Parts parts_of_raw(const Value& raw) {
  Parts out;
  for (const auto& [name, value] : raw.members()) {
    if (value.is_string()) out.emplace_back(name, value.as_string());
    for (const auto& item : value.items())
      if (item.is_string()) out.emplace_back(name, item.as_string());
  }
  return out;
}

Value raw_of_json(const Question& question, const Value& value) {
  if (value.is_object()) return raw_of_parts(object_parts(question, value));
  Parts parts;
  if (!value.is_array()) parts.emplace_back("", scalar_text(value));
  for (const auto& item : value.items())
    if (item.is_string()) parts.emplace_back("", item.as_string());
    else parts.emplace_back("item", json::to_text(item));
  return raw_of_parts(parts);
}

std::vector<Answer> read_fields(const Procedure& procedure, const PageState& page, const Fields& fields, const Situation& situation, std::string_view author,
                                const std::vector<std::string>& fresh_ids) {
  std::vector<Answer> out;
  Ids ids(fresh_ids);
  const std::string prefix = page.page->repeat && !page.item.empty() ? page.page->repeat->name + "/" + page.item + "/" : "";
  if (page.page->repeat && page.item.empty()) {
    out.push_back({ids.next(), situation.now, std::string(author), "_page/" + page.key, true});
    return out;
  }
  for (const auto& question : page.page->questions) {
    if (!question.asks()) continue;
    const std::string dotted = question.name + ".";
    Parts parts;
    bool asked = false;
    for (const auto& [name, text] : fields.pairs) {
      if (parts.size() >= static_cast<std::size_t>(kMaxOptions)) break;
      if (name == question.name) parts.emplace_back("", text);
      else if (name == dotted + "asked") asked = true;
      else if (starts_with(name, dotted)) parts.emplace_back(name.substr(dotted.size()), text);
    }
    if (parts.empty() && !(asked && (may_be_absent(question.type) || question.takes_files()))) continue;
    const Reading reading = unit_of(question.type).from_parts(question, procedure.world, parts);
    const QuestionState* before = nullptr;
    for (const auto& now : page.questions)
      if (now.question == &question) before = &now;
    Value value = reading.value;
    if (value.is_null() && !reading.empty) value.set("raw", raw_of_parts(parts));
    if (before != nullptr && before->answered) {
      const bool same = value.has("raw") ? before->raw == value["raw"] : before->raw.is_null() && before->value == value;
      if (same) continue;
    }
    out.push_back({ids.next(), situation.now, std::string(author), prefix + question.name, std::move(value)});
  }
  if (!page.visited || !out.empty()) out.push_back({ids.next(), situation.now, std::string(author), "_page/" + page.key, true});
  return out;
}

namespace {

/// One answer of a program; invalid input is kept raw.
Value stored(const Procedure& procedure, const Question& question, const Value& given) {
  const Reading reading = unit_of(question.type).from_json(question, procedure.world, given);
  if (!reading.value.is_null() || reading.empty) return reading.value;
  return Value::object({{"raw", raw_of_json(question, given)}});
}

Error unknown(const Procedure& procedure, const std::string& pointer, std::string_view lang) {
  (void)procedure;
  return Error(ErrorCode::invalid_input, message_text(MessageCode::unknown_field, lang, {{"label", pointer.substr(1, 100)}}), pointer.substr(0, 200));
}

}  // namespace

Result<std::vector<Answer>> read_values(const Procedure& procedure, const Value& values, const Situation& situation, std::string_view author,
                                        std::vector<std::string> fresh_ids) {
  if (!values.is_object()) return Error(ErrorCode::invalid_input, "the answers are no object", "");
  std::vector<Answer> out;
  Ids ids(fresh_ids);
  auto add = [&](std::string field, Value value) { out.push_back({ids.next(), situation.now, std::string(author), std::move(field), std::move(value)}); };
  std::unordered_set<std::string> repeats;
  for (const auto& [name, given] : values.members()) {
    const std::string pointer = "/" + json::pointer_token(name);
    if (const Page* page = procedure.page_of_repeat(name)) {
      if (!given.is_array()) return Error(ErrorCode::invalid_input, "a list of items is needed", pointer);
      if (given.size() > static_cast<std::size_t>(page->repeat->max)) return Error(ErrorCode::limit_exceeded, "too many items", pointer);
      repeats.insert(page->id);
      for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string here = pointer + "/" + std::to_string(i);
        if (!given[i].is_object()) return Error(ErrorCode::invalid_input, "an item is no object", here);
        const bool implied = static_cast<int>(i) < page->repeat->min;
        const std::string id = implied ? std::to_string(i + 1) : ids.item();
        const std::string base = name + "/" + id;
        // Items keep their order: entries of one moment are sorted by field otherwise.
        if (!implied) out.push_back({ids.next(), Instant{situation.now.us + static_cast<std::int64_t>(i)}, std::string(author), base, true});
        for (const auto& [member, value] : given[i].members()) {
          const Question* question = procedure.question(name + "/" + member);
          if (question == nullptr || !question->asks()) return unknown(procedure, here + "/" + json::pointer_token(member), situation.lang);
          add(base + "/" + member, stored(procedure, *question, value));
        }
        add("_page/" + page->id + "/" + id, true);
      }
      continue;
    }
    const Question* question = name.find('/') == std::string::npos ? procedure.question(name) : nullptr;
    if (question == nullptr || !question->asks()) return unknown(procedure, pointer, situation.lang);
    add(name, stored(procedure, *question, given));
  }
  for (const auto& page : procedure.pages) {   // a program has seen every page
    add("_page/" + page.id, true);
    if (page.repeat && repeats.count(page.id) == 0)
      for (int i = 1; i <= page.repeat->min; ++i) add("_page/" + page.id + "/" + std::to_string(i), true);
    else if (page.repeat)
      for (int i = static_cast<int>(values[page.repeat->name].size()) + 1; i <= page.repeat->min; ++i) add("_page/" + page.id + "/" + std::to_string(i), true);
  }
  return out;
}

}  // namespace machiya::interview
