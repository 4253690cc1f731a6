#include "tell/bulletins/speech.h"

#include <algorithm>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "tell/bulletins/spoken_numbers.h"

namespace machiya::bulletins {
namespace {

struct Prompt {
  std::string_view lang, who, exercise, test, again;
  double characters_per_second;
};
constexpr Prompt kPrompts[] = {
#define MACHIYA_VOICE(lang, who, exercise, test, again, speed) {lang, who, exercise, test, again, speed},
#include "tell/bulletins/voice_prompts.def"
};

const Prompt& prompt_for(std::string_view lang) {
  for (const Prompt& p : kPrompts)
    if (p.lang == lang) return p;
  return kPrompts[0];
}

bool is_kanji(char32_t c) { return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == U'々' || (c >= 0x20000 && c <= 0x323AF); }
bool is_kana(char32_t c) { return (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FC); }
bool is_japanese(std::string_view lang) { return lang == "ja" || lang == "ja-easy"; }
bool has_kanji(std::string_view text) {
  const std::u32string all = to_utf32(text);
  return std::any_of(all.begin(), all.end(), is_kanji);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

/// Readings of the markup instead of its words.
std::string read_aloud(std::string_view text) {
  std::string out;
  const auto pieces = locale::parse_text(text);
  for (const auto& piece : pieces) out += piece.kind == locale::TextPiece::Kind::ruby ? piece.reading : piece.text;
  return out;
}

/// Longest first, so that 西中島南方 wins over 中島.
std::string with_readings(std::string text, std::vector<std::pair<std::string, std::string>> table) {
  std::stable_sort(table.begin(), table.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  for (const auto& [written, kana] : table)
    if (!written.empty()) replace_all(text, written, kana);
  return text;
}

/// Brackets become pauses; a pause at a sentence's ends is none.
std::string without_brackets(std::string text) {
  for (const std::string_view sign : {"（", "(", "【", "「", "『", "・", "／"}) replace_all(text, sign, "、");
  for (const std::string_view sign : {"）", ")", "】", "」", "』"}) replace_all(text, sign, "");
  while (text.find("、、") != std::string::npos) replace_all(text, "、、", "、");
  while (starts_with(text, "、")) text.erase(0, 3);
  return text;
}

/// Cut behind 。！？ and at line ends (and behind ". " elsewhere); each ends with a stop.
std::vector<std::string> sentences_of(std::string_view text, bool japanese) {
  std::vector<std::string> out;
  std::string current;
  auto flush = [&] {
    std::string kept(trim(current));
    current.clear();
    if (kept.empty()) return;
    const bool stopped = std::string_view(".!?").find(kept.back()) != std::string_view::npos ||
                         (kept.size() >= 3 && (kept.ends_with("。") || kept.ends_with("！") || kept.ends_with("？")));
    out.push_back(stopped ? kept : kept + (japanese ? "。" : "."));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (c == U'\n') { flush(); continue; }
    current += text.substr(begin, at - begin);
    const bool latin_stop = (c == U'.' || c == U'!' || c == U'?') && (at == text.size() || text[at] == ' ');
    if (c == U'。' || c == U'！' || c == U'？' || latin_stop) flush();
  }
  flush();
  return out;
}

/// Where in a text, in characters, some bytes begin.
std::size_t characters_before(std::string_view text, std::size_t bytes) { return count_code_points(text.substr(0, bytes)); }

void tell(Speech& speech, std::string rule, std::string_view part, std::string ja, std::string en) {
  const std::size_t at = speech.text.find(part);
  speech.problems.push_back({std::move(rule), "text", at == std::string::npos ? 0 : characters_before(speech.text, at), count_code_points(part), std::move(ja), std::move(en)});
}

void tell_unspeakable(Speech& speech) {
  for (const std::string_view lead : {"http://", "https://", "www."})
    if (speech.text.find(lead) != std::string::npos) tell(speech, "address", lead, "URLは声で伝わりません", "a web address cannot be heard");
  if (speech.text.find('@') != std::string::npos) tell(speech, "address", "@", "メールアドレスは声で伝わりません", "a mail address cannot be heard");
  for (const std::string_view sign : {"※", "●", "■", "◆", "★", "☆", "→", "←", "↑", "↓", "▲", "▼", "○", "◎", "＊", "*", "#"})
    if (speech.text.find(sign) != std::string::npos) tell(speech, "sign", sign, "「" + std::string(sign) + "」は読み上げられません", "“" + std::string(sign) + "” cannot be spoken");
}

void tell_long(Speech& speech, const std::vector<std::string>& content, std::size_t most) {
  for (const std::string& sentence : content) {
    const std::size_t length = count_code_points(sentence);
    if (length > most)
      tell(speech, "long-sentence", sentence, "文が長すぎます（" + std::to_string(length) + "文字）。" + std::to_string(most) + "文字までに分けてください",
           "a sentence of " + std::to_string(length) + " characters; cut it into such of at most " + std::to_string(most));
  }
}

/// Place names of the notice that are still written in kanji: a voice may read them wrong.
void tell_unread_places(Speech& speech, const Notice& notice) {
  for (const Area& area : notice.areas) {
    const std::string name = plain(name_for(area.names, "ja"), "ja");
    if (has_kanji(name) && speech.text.find(name) != std::string::npos)
      tell(speech, "no-reading", name, "「" + name + "」の読みを地名の表に入れてください", "give the reading of “" + name + "” in the table of place names");
  }
}

double seconds_of(const Speech& speech, const Pace& pace, double characters_per_second) {
  double out = 0;
  for (const std::string& sentence : speech.sentences) {
    const std::u32string all = to_utf32(sentence);
    const auto commas = std::count_if(all.begin(), all.end(), [](char32_t c) { return c == U'、' || c == U','; });
    out += static_cast<double>(commas) * pace.comma_seconds + pace.stop_seconds;
    out += characters_per_second > 0 ? static_cast<double>(all.size()) / characters_per_second : count_morae(sentence, pace) / pace.morae_per_second;
  }
  return out;
}

void join(Speech& speech) {
  for (const std::string& sentence : speech.sentences) (speech.text += speech.text.empty() ? "" : "\n") += sentence;
}

/// Title and paragraphs as a voice says them.
std::vector<std::string> content_of(const Wording& w, const std::vector<std::pair<std::string, std::string>>& readings) {
  const bool japanese = is_japanese(w.lang);
  std::string whole = std::string(trim(w.title));
  const auto all = all_paragraphs(w);
  for (const std::string& paragraph : all) (whole += "\n") += paragraph;
  whole = read_aloud(whole);
  if (japanese) whole = with_spoken_numbers(without_brackets(with_readings(std::move(whole), readings)));
  return sentences_of(whole, japanese);
}

}  // namespace

double count_morae(std::string_view text, const Pace& pace) {
  constexpr std::u32string_view kSmall = U"ゃゅょぁぃぅぇぉゎャュョァィゥェォヮ";
  double out = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (is_kana(c)) out += kSmall.find(c) == std::u32string_view::npos && c != U'・' ? 1 : 0;
    else if (is_kanji(c)) out += pace.morae_per_kanji;
    else if ((c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z') || (c >= U'Ａ' && c <= U'ｚ')) out += 2;
  }
  return out;
}

Result<Speech> wireless_text(const Notice& notice, const Station& station) {
  MACHIYA_CHECK(check(notice));
  if (trim(station.name).empty() || !is_utf8(station.name) || has_kanji(station.name)) return Error(ErrorCode::invalid_input, "the station's name in kana", "station/name");
  if (station.times < 1 || station.times > 3) return Error(ErrorCode::invalid_input, "1 to 3", "station/times");
  if (!(station.pace.morae_per_second > 0)) return Error(ErrorCode::invalid_input, "not above 0", "station/pace");
  const Wording& w = wording_for(notice, "ja");
  const std::vector<std::string> content = content_of(w, station.readings);
  const std::string greeting = "こちらは、" + station.name + "です。";
  Speech out;
  out.lang = w.lang;
  out.sentences.push_back(greeting);
  for (int i = 0; i < station.times; ++i) {
    if (i > 0) out.sentences.push_back("くりかえします。");
    if (notice.status != Status::actual) out.sentences.push_back("これは、" + std::string(status_word(notice.status, "ja")) + "放送です。");
    out.sentences.insert(out.sentences.end(), content.begin(), content.end());
  }
  out.sentences.push_back(greeting);
  join(out);
  for (const std::string& sentence : out.sentences) out.morae += count_morae(sentence, station.pace);
  out.seconds = seconds_of(out, station.pace, 0);
  tell_unspeakable(out);
  tell_long(out, content, station.long_sentence);
  tell_unread_places(out, notice);
  if (out.seconds > station.most_seconds)
    out.problems.push_back({"too-long", "text", 0, count_code_points(out.text), "放送が" + std::to_string(static_cast<int>(out.seconds)) + "秒になります（" + std::to_string(static_cast<int>(station.most_seconds)) + "秒まで）",
                            "it takes " + std::to_string(static_cast<int>(out.seconds)) + " s, more than " + std::to_string(static_cast<int>(station.most_seconds)) + " s"});
  return out;
}

Result<Speech> voice_text(const Notice& notice, std::string_view lang, bool listens_for_keys, const Pace& pace) {
  MACHIYA_CHECK(check(notice));
  if (!(pace.morae_per_second > 0)) return Error(ErrorCode::invalid_input, "not above 0", "pace");
  const Wording& w = wording_for(notice, lang);
  const Prompt& prompt = prompt_for(w.lang);
  Speech out;
  out.lang = w.lang;
  if (!w.sender.empty()) {
    std::string who(prompt.who);
    replace_all(who, "{}", read_aloud(w.sender));
    out.sentences.push_back(who);
  }
  if (notice.status == Status::exercise) out.sentences.emplace_back(prompt.exercise);
  if (notice.status == Status::test) out.sentences.emplace_back(prompt.test);
  for (std::string& sentence : content_of(w, {})) out.sentences.push_back(std::move(sentence));
  if (listens_for_keys) out.sentences.emplace_back(prompt.again);
  join(out);
  if (is_japanese(w.lang))
    for (const std::string& sentence : out.sentences) out.morae += count_morae(sentence, pace);
  out.seconds = seconds_of(out, pace, prompt.characters_per_second);
  tell_unspeakable(out);
  return out;
}

}  // namespace machiya::bulletins
