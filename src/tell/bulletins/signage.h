// What a signage player's page shows of one notice.
#pragma once
#include "base/json.h"
#include "tell/bulletins/notice.h"

namespace machiya::bulletins {

struct SignageRule {
  /// Characters of one slide's text: languages written in full-width characters, and the others.
  std::size_t wide_most = 90, narrow_most = 200;
  /// Characters a passer-by reads in a second. Subtitles in Japanese are commonly cut at 4, English at about 15: 要確認 for signs in the street.
  double wide_per_second = 4, narrow_per_second = 15;
  double least_seconds = 6;
};

/// True when the notice takes the screen from everything else: meant (no exercise, no test), no cancel and no all-clear, urgency Immediate
/// or Expected, severity Extreme or Severe.
bool overrides(const Notice& notice);

/// {"format":"machiya-signage-1", id, thread, category, kind: "alert"|"notice", override, status, act, level (0–5), severity,
///  headline, body (both plain, in the first language), published, sent, expires (RFC 3339 with offset, null: none),
///  slides: [{lang, tag, title: PIECES, text: [PIECES…] (one per paragraph), page, pages, seconds, long}]}
/// PIECES is [{text, reading?}…]: the page makes <ruby> of them and never parses text as HTML. Long texts are cut between sentences into several
/// slides; a sentence that is too long by itself stays whole and its slide says "long": true. invalid_input as check().
Result<json::Value> signage(const Notice& notice, const SignageRule& rule = {});

}  // namespace machiya::bulletins
