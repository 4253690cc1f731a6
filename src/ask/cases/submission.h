// From a finished interview to a submission: what every channel (web, API, counter, scenario, demonstration) does alike.
#pragma once
#include <string>
#include <string_view>

#include "ask/cases/cases.h"
#include "ask/cases/signed_document.h"
#include "ask/interview/interview.h"
#include "ask/interview/procedure.h"

namespace machiya::cases {

/// Fills procedure, values, log, fee, search terms, files, place and category. The caller adds applicant, channel,
/// language, idempotency key and draft. `state` must be complete.
Submission make_submission(const interview::Procedure& procedure, const interview::State& state, const interview::Log& log);

/// What is signed of a submission under this reference. The caller adds the definition's hash, the digests of its files, the case it corrects, and who
/// files for the applicant.
SignedParts signed_parts(const Submission& submission, std::string_view reference, Instant answered);

/// For scenarios and the demonstration: that the applicant signed this, without a signature (signatures::kRehearsal).
signatures::Accepted rehearsed_signature(const Submission& submission, Instant at);

/// (field, text) pairs that people search by: names, kana, organisations, addresses, also within repeats.
records::Terms search_terms(const interview::Procedure& procedure, const json::Value& values);

}  // namespace machiya::cases
