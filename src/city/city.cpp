#include "city/city.h"

#include <algorithm>

namespace machiya::city {

Text::Text(const json::Value& value) {
  if (value.is_string()) by_language_.emplace_back("ja", value.as_string());
  for (const auto& [lang, text] : value.members())
    if (text.is_string()) by_language_.emplace_back(lang, text.as_string());
}

bool Text::has(std::string_view lang) const {
  return std::any_of(by_language_.begin(), by_language_.end(), [&](const auto& t) { return t.first == lang; });
}

const std::pair<std::string, std::string>& Text::found(std::string_view lang) const {
  static const std::pair<std::string, std::string> none;
  const auto find = [&](std::string_view wanted) -> const std::pair<std::string, std::string>* {
    for (const auto& text : by_language_)
      if (text.first == wanted) return &text;
    return nullptr;
  };
  if (const auto* text = find(lang)) return *text;
  if (lang != "ja" && lang != "ja-easy")
    if (const auto* text = find("en")) return *text;
  if (const auto* text = find("ja")) return *text;
  return by_language_.empty() ? none : by_language_.front();
}

const Ward* City::ward(std::string_view id_or_code) const {
  for (const Ward& ward : wards_)
    if (ward.id == id_or_code || ward.code == id_or_code) return &ward;
  return nullptr;
}

const Department* City::department(std::string_view id) const {
  for (const Department& department : departments_)
    if (department.id == id) return &department;
  return nullptr;
}

const Loaded* City::find(std::string_view kind, std::string_view id) const {
  const auto by_kind = kinds_.find(kind);
  if (by_kind == kinds_.end()) return nullptr;
  const auto found = by_kind->second.find(id);
  return found == by_kind->second.end() ? nullptr : &found->second;
}

std::vector<const Loaded*> City::all(std::string_view kind) const {
  std::vector<const Loaded*> out;
  if (const auto by_kind = kinds_.find(kind); by_kind != kinds_.end())
    for (const auto& [id, loaded] : by_kind->second) out.push_back(&loaded);
  std::sort(out.begin(), out.end(), [](const Loaded* a, const Loaded* b) { return a->source.file < b->source.file; });
  return out;
}

std::string to_line(const Fault& fault) {
  const std::string place = fault.line > 0 ? ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) : "";
  return fault.file + place + ": " + (fault.severity == Severity::error ? "error: " : "warning: ") + fault.ja + " / " + fault.en;
}

Holder::Holder(std::string folder, std::vector<Kind> kinds, LoadOptions options)
    : folder_(std::move(folder)), kinds_(std::move(kinds)), options_(std::move(options)) {}

std::shared_ptr<const City> Holder::current() const {
  const std::lock_guard lock(mutex_);
  return city_;
}

LoadReport Holder::reload() {
  const std::lock_guard one(reload_mutex_);
  LoadReport report = load(folder_, kinds_, options_);
  if (!report.city) return report;
  ++options_.revision;
  std::vector<std::function<void(const std::shared_ptr<const City>&)>> listeners;
  {
    const std::lock_guard lock(mutex_);
    city_ = report.city;
    listeners = listeners_;
  }
  for (const auto& listener : listeners) listener(report.city);
  return report;
}

void Holder::on_change(std::function<void(const std::shared_ptr<const City>&)> listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

}  // namespace machiya::city
