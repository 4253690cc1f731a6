// Notices that nobody would write, for tests: all languages, polygons, rows of updates and cancels, hostile characters.
#pragma once
#include "base/rng.h"
#include "tell/bulletins/notice.h"

namespace machiya::bulletins::sample {

/// A notice that passes check_alert(). `number` makes its id; updates and cancels refer to earlier numbers.
Notice notice(Rng& rng, int number);
/// One thing about a CAP document changed: an element taken out, doubled, renamed, moved or filled with something else.
std::string mutated(const std::string& cap, Rng& rng);

}  // namespace machiya::bulletins::sample
