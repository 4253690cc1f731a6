#include "tell/messages/rendering.h"

#include <algorithm>

#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::tell {
namespace {

/// A mark that belongs to the character before it: IVS, variation selectors, combining marks of kana and Latin.
bool belongs_to_previous(char32_t c) {
  return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF) || (c >= 0x0300 && c <= 0x036F) || c == 0x3099 || c == 0x309A || c == 0x200D;
}

struct Part {
  const char* name;
  const city::Text* text;
  int ChannelDefinition::*most;
};

void check_length(const ChannelDefinition& channel, const Part& part, const std::string& lang, const std::string& filled, std::vector<Finding>& out) {
  const auto most = static_cast<std::size_t>(channel.*(part.most));
  const std::size_t have = characters(filled);
  if (most > 0 && have > most) out.push_back({Finding::What::too_long, channel.id, lang, part.name, std::to_string(have) + "/" + std::to_string(most), true});
}

}  // namespace

std::vector<std::string> slots_of(std::string_view text) {
  std::vector<std::string> out;
  for (const locale::TextPiece& piece : locale::parse_text(text))
    if (piece.kind == locale::TextPiece::Kind::argument && std::find(out.begin(), out.end(), piece.text) == out.end()) out.push_back(piece.text);
  return out;
}

namespace {
/// A slot's own words: choices and names of wards have readings too; braces that somebody typed stay.
std::string read_out(const std::string& value) {
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(value)) {
    if (piece.kind == locale::TextPiece::Kind::ruby) out += piece.text + "(" + piece.reading + ")";
    else out += piece.kind == locale::TextPiece::Kind::argument ? "{" + piece.text + "}" : piece.text;
  }
  return out;
}
}  // namespace

std::string fill(std::string_view text, const Slots& slots, std::string_view lang, std::vector<std::string>* missing) {
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(text)) {
    if (piece.kind == locale::TextPiece::Kind::literal) {
      out += piece.text;
    } else if (piece.kind == locale::TextPiece::Kind::ruby) {
      out += piece.text + "(" + piece.reading + ")";   // plain text has no ruby: the reading stands behind its word
    } else {
      const auto slot = slots.find(piece.text);
      if (slot != slots.end() && !slot->second.empty() && !slot->second.in(lang).empty()) out += read_out(slot->second.in(lang));
      else {
        out += "{" + piece.text + "}";
        if (missing) missing->push_back(piece.text);
      }
    }
  }
  return out;
}

Contents render(const Source& source, const Slots& slots, const Frame& frame) {
  Contents out;
  for (const auto& [lang, title] : source.title.all()) {
    if (!source.body.has(lang)) continue;
    Content content;
    content.lang = lang;
    content.title = fill(title, slots, lang), content.body = fill(source.body.in(lang), slots, lang);
    if (source.short_text.has(lang)) content.short_text = fill(source.short_text.in(lang), slots, lang);
    content.sender = frame.sender.in(lang);
    content.link = frame.link;
    content.link_text = frame.link_text.empty() ? std::string() : frame.link_text.in(lang);
    content.leave_text = frame.leave_text.empty() ? std::string() : frame.leave_text.in(lang);
    content.emergency = frame.emergency;
    out.emplace(lang, std::move(content));
  }
  return out;
}

std::vector<Finding> check(const Source& source, const Slots& slots, const std::vector<const ChannelDefinition*>& channels) {
  std::vector<Finding> out;
  if (!source.title.has("ja")) out.push_back({Finding::What::no_title, "", "ja", "title", "", true});
  if (!source.body.has("ja")) out.push_back({Finding::What::no_title, "", "ja", "body", "", true});
  for (const std::string_view lang : locale::kLanguages)
    if (source.title.has(lang) != source.body.has(lang)) out.push_back({Finding::What::no_language, "", std::string(lang), source.title.has(lang) ? "body" : "title", "", true});
    else if (!source.title.has(lang)) out.push_back({Finding::What::no_language, "", std::string(lang), "", "", false});
  const Part parts[] = {{"title", &source.title, &ChannelDefinition::most_title}, {"body", &source.body, &ChannelDefinition::most_body}, {"short", &source.short_text, &ChannelDefinition::most_short}};
  for (const Part& part : parts)
    for (const auto& [lang, text] : part.text->all()) {
      std::vector<std::string> missing;
      const std::string filled = fill(text, slots, lang, &missing);
      for (const std::string& slot : missing) out.push_back({Finding::What::no_value, "", lang, part.name, slot, true});
      for (const ChannelDefinition* channel : channels) check_length(*channel, part, lang, filled, out);
    }
  return out;
}

std::size_t characters(std::string_view text) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < text.size();)
    if (!belongs_to_previous(next_code_point(text, at))) ++out;
  return out;
}

}  // namespace machiya::tell
