#include "tell/bulletins/feeds.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "tell/bulletins/xml_writer.h"

namespace machiya::bulletins {
namespace {

constexpr std::string_view kAtom = "http://www.w3.org/2005/Atom";
constexpr std::string_view kXhtml = "http://www.w3.org/1999/xhtml";
constexpr std::string_view kHistory = "http://purl.org/syndication/history/1.0";   // RFC 5005 §2
constexpr std::string_view kCapType = "application/cap+xml";

const std::string& thread_of(const Notice& n) { return n.thread.empty() ? n.id : n.thread; }

Result<void> check_feed(const Feed& feed) {
  auto missing = [](std::string_view value, std::string where) -> Result<void> {
    if (trim(value).empty()) return Error(ErrorCode::invalid_input, "empty", "feed/" + where);
    if (!is_utf8(value)) return Error(ErrorCode::invalid_input, "not UTF-8", "feed/" + where);
    return {};
  };
  if (!locale::is_language(feed.lang)) return Error(ErrorCode::invalid_input, "unknown language", "feed/lang");
  MACHIYA_CHECK(missing(feed.id, "id"));
  MACHIYA_CHECK(missing(feed.entry_id, "entry_id"));
  MACHIYA_CHECK(missing(feed.title, "title"));
  MACHIYA_CHECK(missing(feed.author, "author"));
  for (const auto& [address, where] : {std::pair{&feed.self, "self"}, {&feed.page, "page"}})
    if (!is_address(*address)) return Error(ErrorCode::invalid_input, "not an absolute http address", std::string("feed/") + where);
  const Paging& p = feed.paging;
  for (const std::string* address : {&p.first, &p.previous, &p.next, &p.last, &p.current, &p.prev_archive, &p.next_archive})
    if (!address->empty() && !is_address(*address)) return Error(ErrorCode::invalid_input, "not an absolute http address", "feed/paging");
  return {};
}

/// The newest message of each thread, newest first; equal times by id, so that a feed is always written alike.
Result<std::vector<const Notice*>> entries(const Feed& feed, const std::vector<Notice>& notices) {
  MACHIYA_CHECK(check_feed(feed));
  std::map<std::string_view, const Notice*> newest;
  for (std::size_t i = 0; i < notices.size(); ++i) {
    if (auto checked = check(notices[i]); !checked.ok()) {
      Error error = std::move(checked).error();
      error.where = "notices/" + std::to_string(i) + "/" + error.where;
      return error;
    }
    const Notice*& held = newest[thread_of(notices[i])];
    if (held == nullptr || held->sent < notices[i].sent) held = &notices[i];
  }
  std::vector<const Notice*> out;
  for (const auto& [thread, notice] : newest) out.push_back(notice);
  std::stable_sort(out.begin(), out.end(), [](const Notice* a, const Notice* b) { return a->sent > b->sent; });
  return out;
}

std::vector<std::pair<std::string_view, std::string_view>> links(const Feed& feed) {
  const Paging& p = feed.paging;
  std::vector<std::pair<std::string_view, std::string_view>> out = {{"self", feed.self}};
  for (const auto& [rel, address] : {std::pair<std::string_view, std::string_view>{"first", p.first}, {"previous", p.previous}, {"next", p.next}, {"last", p.last},
                                     {"current", p.current}, {"prev-archive", p.prev_archive}, {"next-archive", p.next_archive}})
    if (!address.empty()) out.emplace_back(rel, address);
  return out;
}

void write_history(XmlWriter& xml, const Paging& paging) {
  if (paging.complete) xml.open("fh:complete").close();
  if (paging.archive) xml.open("fh:archive").close();
}

/// A paragraph's pieces as XHTML: <br/> at line ends, <ruby> for readings.
void write_pieces(XmlWriter& xml, std::string_view paragraph) {
  const auto pieces = locale::parse_text(paragraph);
  for (const auto& piece : pieces) {
    if (piece.kind == locale::TextPiece::Kind::ruby) {
      xml.open("ruby").text(piece.text).open("rp").text("（").close().open("rt").text(piece.reading).close().open("rp").text("）").close().close();
      continue;
    }
    const auto lines = split(piece.text, '\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i > 0) xml.open("br").close();
      xml.text(lines[i]);
    }
  }
}

void write_body(XmlWriter& xml, const Wording& w) {
  const auto all = all_paragraphs(w);
  for (const std::string& paragraph : all) {
    xml.open("p");
    write_pieces(xml, paragraph);
    xml.close();
  }
}

/// The same paragraphs as an HTML text; RSS escapes it once more.
std::string html(const Wording& w) {
  std::string out;
  const auto all = all_paragraphs(w);
  for (const std::string& paragraph : all) {
    XmlWriter part;
    part.open("p");
    write_pieces(part, paragraph);
    std::string text = part.close().take();
    out += trim(std::string_view(text).substr(text.find("?>") + 2));
  }
  return out;
}

void write_link(XmlWriter& xml, std::string_view element, std::string_view rel, std::string_view address, std::string_view type) {
  xml.open(element).attribute("rel", rel);
  if (!type.empty()) xml.attribute("type", type);
  xml.attribute("href", address).close();
}

void write_entry(XmlWriter& xml, const Feed& feed, const Notice& notice) {
  const Wording& w = wording_for(notice, feed.lang);
  xml.open("entry").attribute("xml:lang", tag(w.lang));
  xml.element("id", feed.entry_id + thread_of(notice)).element("title", marked_title(notice, w));
  xml.element("published", to_iso_japan(notice.published)).element("updated", to_iso_japan(notice.sent));
  if (!notice.url.empty()) write_link(xml, "link", "alternate", notice.url, "text/html");
  if (notice.hazard && !notice.cap_url.empty()) write_link(xml, "link", "alternate", notice.cap_url, kCapType);
  if (!notice.category.empty()) xml.open("category").attribute("term", notice.category).close();
  xml.open("content").attribute("type", "xhtml").open("div").attribute("xmlns", kXhtml);
  write_body(xml, w);
  xml.close().close().close();
}

void write_item(XmlWriter& xml, const Feed& feed, const Notice& notice) {
  const Wording& w = wording_for(notice, feed.lang);
  xml.open("item").element("title", marked_title(notice, w));
  xml.optional("link", notice.url).optional("description", html(w)).optional("category", notice.category);
  xml.open("guid").attribute("isPermaLink", "false").text(feed.entry_id + thread_of(notice)).close();
  xml.element("pubDate", to_http_date(notice.sent));
  if (notice.hazard && !notice.cap_url.empty()) write_link(xml, "atom:link", "alternate", notice.cap_url, kCapType);
  xml.close();
}

}  // namespace

Result<std::string> atom(const Feed& feed, const std::vector<Notice>& notices) {
  MACHIYA_TRY(const auto list, entries(feed, notices));
  XmlWriter xml;
  xml.open("feed").attribute("xmlns", kAtom).attribute("xmlns:fh", kHistory).attribute("xml:lang", tag(feed.lang));
  xml.element("id", feed.id).element("title", feed.title).optional("subtitle", feed.subtitle);
  xml.element("updated", to_iso_japan(list.empty() ? feed.updated : list.front()->sent));
  xml.open("author").element("name", feed.author).close();
  for (const auto& [rel, address] : links(feed)) write_link(xml, "link", rel, address, "application/atom+xml");
  write_link(xml, "link", "alternate", feed.page, "text/html");
  write_history(xml, feed.paging);
  for (const Notice* notice : list) write_entry(xml, feed, *notice);
  xml.close();
  return xml.take();
}

Result<std::string> rss(const Feed& feed, const std::vector<Notice>& notices) {
  MACHIYA_TRY(const auto list, entries(feed, notices));
  XmlWriter xml;
  xml.open("rss").attribute("version", "2.0").attribute("xmlns:atom", kAtom).attribute("xmlns:fh", kHistory);
  xml.open("channel").element("title", feed.title).element("link", feed.page);
  xml.element("description", feed.subtitle.empty() ? feed.title : feed.subtitle).element("language", tag(feed.lang));
  xml.element("lastBuildDate", to_http_date(list.empty() ? feed.updated : list.front()->sent));
  for (const auto& [rel, address] : links(feed)) write_link(xml, "atom:link", rel, address, "application/rss+xml");
  write_history(xml, feed.paging);
  for (const Notice* notice : list) write_item(xml, feed, *notice);
  xml.close().close();
  return xml.take();
}

}  // namespace machiya::bulletins
