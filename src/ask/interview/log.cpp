// The append-only log of answers: union by id, newest entry of a field wins.
#include <algorithm>
#include <unordered_set>

#include "ask/interview/procedure.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

bool before(const Answer& a, const Answer& b) {
  if (a.at != b.at) return a.at < b.at;
  return a.id < b.id;
}

}  // namespace

void Log::append(Answer answer) { answers_.push_back(std::move(answer)); }

Log Log::merge(const Log& a, const Log& b) {
  Log out;
  out.answers_.reserve(a.answers_.size() + b.answers_.size());
  for (const auto* side : {&a, &b}) out.answers_.insert(out.answers_.end(), side->answers_.begin(), side->answers_.end());
  // Two entries with one id are the same entry; should they differ, the same one wins whatever the order of merging.
  std::sort(out.answers_.begin(), out.answers_.end(), [](const Answer& x, const Answer& y) {
    if (before(x, y)) return true;
    if (before(y, x)) return false;
    if (x.field != y.field) return x.field < y.field;
    if (x.author != y.author) return x.author < y.author;
    return json::to_canonical(x.value) < json::to_canonical(y.value);
  });
  std::unordered_set<std::string> seen;
  std::vector<Answer> kept;
  kept.reserve(out.answers_.size());
  for (auto& answer : out.answers_)
    if (seen.insert(answer.id).second) kept.push_back(std::move(answer));
  out.answers_ = std::move(kept);
  return out;
}

json::Value Log::to_json() const {
  auto list = json::Value::array();
  for (const auto& answer : answers_) {
    auto entry = json::Value::object();
    entry.members().reserve(5);
    entry.set("id", answer.id), entry.set("at", answer.at.us), entry.set("by", answer.author), entry.set("field", answer.field), entry.set("value", answer.value);
    list.push(std::move(entry));
  }
  return list;
}

Result<Log> Log::from_json(const json::Value& value) {
  if (!value.is_array()) return Error(ErrorCode::malformed_request, "a log is a list");
  if (value.size() > kMaxLogEntries) return Error(ErrorCode::limit_exceeded, "too many entries in a log");
  Log out;
  out.answers_.reserve(value.size());
  for (const auto& item : value.items()) {
    if (!item.is_object() || !item["at"].is_number() || item.text("id").empty() || item.text("field").empty() || !item.has("value"))
      return Error(ErrorCode::malformed_request, "an entry of a log lacks id, at, field or value");
    out.answers_.push_back({item.text("id"), Instant{item["at"].as_int()}, item.text("by"), item.text("field"), item["value"]});
  }
  return out;
}

Result<feel::Value> Formula::run(const std::vector<feel::Value>& slots, const feel::Environment& environment) const {
  if (!decision) return expression.evaluate(slots, environment);
  // Values behind the slots would be taken for the decision's own inputs.
  return decision.evaluate(std::vector<feel::Value>(slots.begin(), slots.begin() + std::min<std::ptrdiff_t>(width, static_cast<std::ptrdiff_t>(slots.size()))), environment);
}

const Option* Question::option(std::string_view value) const {
  for (const auto& option : options)
    if (option.value == value) return &option;
  return nullptr;
}

const PageState* State::page(std::string_view key) const {
  for (const auto& page : pages)
    if (page.key == key) return &page;
  return nullptr;
}

const Question* Procedure::question(std::string_view path) const {
  const auto found = by_path_.find(std::string(path));
  return found == by_path_.end() ? nullptr : &pages[found->second.page].questions[found->second.question];
}
const Page* Procedure::page(std::string_view id) const {
  for (const auto& page : pages)
    if (page.id == id) return &page;
  return nullptr;
}
const Page* Procedure::page_of_repeat(std::string_view name) const {
  for (const auto& page : pages)
    if (page.repeat && page.repeat->name == name) return &page;
  return nullptr;
}

}  // namespace machiya::interview
