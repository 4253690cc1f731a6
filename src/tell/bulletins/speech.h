// Alerts and notices as they are spoken: 防災行政無線 (outdoor loudspeakers) and the telephone.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tell/bulletins/notice.h"

namespace machiya::bulletins {

/// How fast somebody speaks. All of it is a definition's to set; the figures here are 要確認.
struct Pace {
  double morae_per_second = 5.0;   ///< slow announcing; conversation is about 8
  double comma_seconds = 0.5, stop_seconds = 1.5;   ///< loudspeakers far from each other want long pauses
  /// Morae of a kanji whose reading is not given: the mean over the 3,616 kanji with readings in this house's own easy texts.
  double morae_per_kanji = 1.66;
};

/// The city's loudspeakers.
struct Station {
  std::string name;       ///< how the station calls itself, in kana: "ぼうさいおおさかし"
  std::vector<std::pair<std::string, std::string>> readings;   ///< written → kana, for place names that a voice would misread
  int times = 2;          ///< how often the content is said, 1 to 3
  std::size_t long_sentence = 45;   ///< characters; longer ones are told as a problem
  double most_seconds = 180;        ///< longer broadcasts are told as a problem; 要確認 with the equipment
  Pace pace;
};

struct Speech {
  std::string lang;
  std::vector<std::string> sentences;   ///< in the order they are spoken
  std::string text;                     ///< the same in one, a sentence a line
  double seconds = 0;                   ///< estimate
  double morae = 0;                     ///< Japanese only
  std::vector<Problem> problems;        ///< positions are those of `text`, of the first time it is said
};

/// "こちらは、ぼうさいおおさかしです。" · in exercises "これは、訓練放送です。" · the Japanese wording · "くりかえします。" · again · the
/// greeting. Readings of the markup and of the table stand for their words, numbers are spelt as they are spoken. Told as problems: area names
/// with kanji whose reading nobody gave, long sentences, addresses and signs that cannot be spoken. invalid_input as check(); "station" when it has no name
/// in kana or says a thing less than once.
Result<Speech> wireless_text(const Notice& notice, const Station& station);

/// For a telephone call in one language (or what wording_for() finds): who calls, title, body, and, when the line listens for keys, how
/// to hear it again. Numbers are spelt in Japanese only. Opening words: voice_prompts.def.
Result<Speech> voice_text(const Notice& notice, std::string_view lang, bool listens_for_keys, const Pace& pace = {});

/// Morae of a Japanese text: each kana but small ones that only colour the one before (ゃゅょぁぃぅぇぉゎ), っ, ん and ー are one each;
/// kanji by the mean; a Latin letter two.
double count_morae(std::string_view text, const Pace& pace = {});

}  // namespace machiya::bulletins
