#include "ask/cases/submission.h"

#include "ask/cases/decision_text.h"

namespace machiya::cases {
namespace {

using interview::AnswerType;

constexpr std::size_t kMaxTerms = 40;   // a household of twelve; more would only slow the search down

std::string both(const std::string& a, const std::string& b) { return a.empty() ? b : b.empty() ? a : a + " " + b; }

void add_terms(const interview::Question& q, const json::Value& value, records::Terms& out) {
  if (value.is_null() || out.size() >= kMaxTerms) return;
  if (q.type == AnswerType::name) {
    if (std::string name = both(value.text("family"), value.text("given")); !name.empty()) out.emplace_back("name", std::move(name));
    if (std::string kana = both(value.text("family_kana"), value.text("given_kana")); !kana.empty()) out.emplace_back("kana", std::move(kana));
  } else if (q.type == AnswerType::organisation) {
    if (!value.text("name").empty()) out.emplace_back("name", value.text("name"));
    if (!value.text("name_kana").empty()) out.emplace_back("kana", value.text("name_kana"));
  } else if (q.type == AnswerType::address) {
    if (std::string text = readable(value, nullptr, "ja"); !text.empty()) out.emplace_back("address", std::move(text));
  }
}

void add_files(const interview::Question& q, const json::Value& value, std::vector<std::string>& out) {
  if (!q.takes_files()) return;
  for (const json::Value& file : value.items())
    if (!file.text("blob").empty()) out.push_back(file.text("blob"));
}

/// Calls `each` with every question and its value, once per item of a repeat.
template <class F>
void for_each_answer(const interview::Procedure& procedure, const json::Value& values, F each) {
  for (const interview::Page& page : procedure.pages) {
    if (!page.repeat) {
      for (const interview::Question& q : page.questions)
        if (q.asks()) each(q, values[q.name]);
      continue;
    }
    for (const json::Value& item : values[page.repeat->name].items())
      for (const interview::Question& q : page.questions)
        if (q.asks()) each(q, item[q.name]);
  }
}

}  // namespace

records::Terms search_terms(const interview::Procedure& procedure, const json::Value& values) {
  records::Terms out;
  for_each_answer(procedure, values, [&](const interview::Question& q, const json::Value& v) { add_terms(q, v, out); });
  return out;
}

SignedParts signed_parts(const Submission& s, std::string_view reference, Instant answered) {
  SignedParts parts;
  parts.procedure = s.procedure, parts.version = s.version, parts.title = s.title, parts.values = s.values, parts.fee = s.fee, parts.applicant = s.applicant.public_id;
  parts.reference = reference, parts.answered = answered;
  return parts;
}

signatures::Accepted rehearsed_signature(const Submission& s, Instant at) {
  signatures::Accepted out;
  out.way = signatures::kRehearsal, out.document = signed_document(signed_parts(s, s.idempotency_key, at)), out.at = at;
  return out;
}

Submission make_submission(const interview::Procedure& procedure, const interview::State& state, const interview::Log& log) {
  Submission s;
  s.procedure = procedure.id, s.version = procedure.version, s.title = procedure.name.in("ja");
  s.department = procedure.owner, s.workflow = procedure.workflow;
  s.values = state.values, s.log = log.to_json(), s.fee = state.fee.value_or(0);
  s.search = search_terms(procedure, state.values);
  for_each_answer(procedure, state.values, [&](const interview::Question& q, const json::Value& v) { add_files(q, v, s.blobs); });
  if (const std::string& place = procedure.map.text("place"); !place.empty()) {
    const json::Value& at = state.values[place];
    if (at["lat"].is_number() && at["lon"].is_number()) s.lat = at["lat"].as_double(), s.lon = at["lon"].as_double();
  }
  if (const std::string& category = procedure.map.text("category"); !category.empty()) s.category = state.values[category].as_string();
  return s;
}

}  // namespace machiya::cases
