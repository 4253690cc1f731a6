// The archive that everybody reads: /messages with its feeds, a page for each message, CAP of emergencies, and what stands on the front page.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "tell/bulletins/cap.h"
#include "tell/bulletins/feeds.h"
#include "tell/citizen/citizen.h"

namespace machiya::tell {
namespace {
using pages::Data;
const std::string kPath = "/messages";
constexpr std::size_t kPerPage = 25, kInFeed = 50;

std::string path_of(const Published& one) { return kPath + "/" + one.campaign.public_id; }

/// Lines of a paragraph, with readings as ruby in やさしい日本語.
pages::SafeHtml paragraph(std::string_view text, std::string_view lang) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!out.empty()) out += "<br>";
    out += lang == "ja-easy" ? pages::ruby(line).html : pages::escape(bulletins::plain(line, lang)).html;
  }
  return {out};
}
Data heading(const std::string& title, std::string_view lang) { return lang == "ja-easy" ? Data(pages::ruby(title)) : Data(bulletins::plain(title, lang)); }

/// A message in a list: title with its language, day, mark of an emergency.
Data row_of(const Published& one, const Shown& shown, const http::Request& request) {
  return Data().set("href", path_of(one)).set("title", heading(shown.title, shown.lang)).set("lang", locale::html_lang(shown.lang)).set("when", locale::format_time(one.sent, request.lang))
      .set("emergency", one.campaign.cls == Class::emergency && !one.all_clear).set("clear", one.all_clear);
}

std::size_t page_number(const http::Request& request) {
  const std::string text(request.query("page").value_or("1"));
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != std::string::npos) return 1;
  return std::max<std::size_t>(1, std::stoul(text));
}

http::Response kept(http::Response r) {
  r.header("Cache-Control", "private, max-age=60");
  r.header("Vary", "Accept-Language, Cookie");
  return r;
}
}  // namespace

std::optional<pages::SafeHtml> Citizen::alerts(const http::Request& request) const {
  const auto standing = archive_.standing();
  if (!standing.ok()) {
    log(LogLevel::error, "emergencies-not-shown", {{"why", standing.error().to_string()}});
    return {};
  }
  if (standing->empty()) return {};
  Data items{Data::List{}};
  for (const Published& one : *standing) items.push(row_of(one, archive_.shown(one.campaign, request.lang), request));
  return w_.templates.render("tell/alerts", Data().set("items", std::move(items)), request.lang);
}

http::Response Citizen::list(http::Request& request) const {
  const auto all = archive_.list();
  if (!all.ok()) return http::problem(all.error(), request);
  const auto city = w_.city();
  const std::string topic(request.query("topic").value_or(""));
  const Topic* chosen = topic.empty() ? nullptr : topic_of(*city, topic);
  if (!topic.empty() && !chosen) return http::problem(Error(ErrorCode::not_found, "there is no such topic"), request);
  std::vector<const Published*> wanted;
  for (const Published& one : **all)
    if (topic.empty() || one.campaign.draft.topic == topic) wanted.push_back(&one);
  Data data = begin(request, "messages.archive.title");
  data.set("nav_messages", true);
  Data options{Data::List{}};
  for (const Topic* one : topics_of(*city)) options.push(Data().set("value", one->id).set("label", bulletins::plain(one->name.in(request.lang), "ja")).set("checked", one->id == topic));
  Data selects;
  selects.push(Data().set("name", "topic").set("label", words(request, "messages.topic")).set("options", std::move(options)));
  data.set("filters", Data().set("action", kPath).set("selects", std::move(selects)));
  const std::size_t pages = std::max<std::size_t>(1, (wanted.size() + kPerPage - 1) / kPerPage), page = std::min(page_number(request), pages);
  Data rows{Data::List{}};
  for (std::size_t i = (page - 1) * kPerPage; i < std::min(page * kPerPage, wanted.size()); ++i) {
    Data row = row_of(*wanted[i], archive_.shown(wanted[i]->campaign, request.lang), request);
    if (const Topic* one = topic_of(*city, wanted[i]->campaign.draft.topic)) row.set("topic", request.lang == "ja-easy" ? Data(pages::ruby(one->name.in("ja-easy"))) : Data(one->name.in(request.lang)));
    rows.push(std::move(row));
  }
  if (!wanted.empty()) data.set("list", Data().set("rows", std::move(rows)));
  const auto at = [&](std::size_t n) { return kPath + "?page=" + std::to_string(n) + (topic.empty() ? "" : "&topic=" + topic); };
  if (pages > 1) {
    Data pagination = Data().set("summary", words(request, "messages.archive.page", {{"page", std::to_string(page)}, {"pages", std::to_string(pages)}}));
    if (page > 1) pagination.set("previous", at(page - 1));
    if (page < pages) pagination.set("next", at(page + 1));
    data.set("pagination", std::move(pagination));
  }
  if (!topic.empty()) data.set("lang_query", "topic=" + topic);
  data.set("atom", topic.empty() ? "/messages.atom" : "/messages/topics/" + topic + ".atom").set("rss", topic.empty() ? "/messages.rss" : "/messages/topics/" + topic + ".rss");
  data.set("subscribe", usable("mail") && w_.mail != nullptr);
  return render("tell/archive", data, request);
}

http::Response Citizen::message(http::Request& request) const {
  const std::string id(request.param("message"));
  constexpr std::string_view kCap = ".cap";
  if (id.size() > kCap.size() && id.compare(id.size() - kCap.size(), kCap.size(), kCap) == 0) return cap(request, id.substr(0, id.size() - kCap.size()));
  const auto found = archive_.find(id);
  if (!found.ok()) return http::problem(found.error(), request);
  if (!*found) return http::problem(Error(ErrorCode::not_found, "there is no such message"), request);
  const Published& one = **found;
  const Shown shown = archive_.shown(one.campaign, request.lang);
  Data data = begin(request, "messages.archive.title");
  data.set("title", bulletins::plain(shown.title, "ja")).set("nav_messages", true);
  data.set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", kPath).set("label", text(request, "messages.archive.title"))})));
  Data body{Data::List{}};
  const auto paragraphs = bulletins::paragraphs(shown.body);
  for (const std::string& p : paragraphs) body.push(Data().set("html", Data(paragraph(p, shown.lang))));
  Data message = row_of(one, shown, request);
  message.set("paragraphs", std::move(body)).set("drawn", locale::html_lang(shown.lang));
  data.set("message", std::move(message));
  if (locale::html_lang(shown.lang) != locale::html_lang(request.lang)) data.set("fallback", words(request, "messages.fallback", {{"language", std::string(locale::language_name(shown.lang))}}));
  const auto city = w_.city();
  if (const Topic* topic = topic_of(*city, one.campaign.draft.topic))
    data.set("topic", Data().set("href", "/messages?topic=" + topic->id).set("name", request.lang == "ja-easy" ? Data(pages::ruby(topic->name.in("ja-easy"))) : Data(topic->name.in(request.lang))));
  const auto link_to = [&](const std::string& other) -> std::optional<Data> {
    const auto there = archive_.find(other);
    if (!there.ok() || !*there) return {};
    return row_of(**there, archive_.shown((*there)->campaign, request.lang), request);
  };
  if (!one.campaign.draft.follows.empty())
    if (auto earlier = link_to(one.campaign.draft.follows)) data.set("earlier", std::move(*earlier));
  Data later{Data::List{}};
  for (const std::string& other : one.followed_by)
    if (auto there = link_to(other)) later.push(std::move(*there));
  if (!std::get<Data::List>(later.get()).empty()) data.set("later", Data().set("items", std::move(later)));
  if (archive_.is_alert(one.campaign)) data.set("cap", path_of(one) + ".cap");
  data.set("subscribe", usable("mail") && w_.mail != nullptr);
  return render("tell/message", data, request);
}

http::Response Citizen::cap(const http::Request& request, const std::string& id) const {
  const auto found = archive_.find(id);
  if (!found.ok()) return http::problem(found.error(), request);
  if (!*found || !archive_.is_alert((*found)->campaign)) return http::problem(Error(ErrorCode::not_found, "there is no such alert"), request);
  auto alert = bulletins::cap12(archive_.notice(**found));
  if (!alert.ok()) {
    log(LogLevel::error, "alert-without-cap", {{"message", id}, {"why", alert.error().to_string()}});
    return http::problem(Error(ErrorCode::internal), request);
  }
  return kept(http::text(std::move(*alert), "application/cap+xml; charset=utf-8"));
}

http::Response Citizen::feed(const http::Request& request, const std::string& topic, bool atom) const {
  const auto all = archive_.list();
  if (!all.ok()) return http::problem(all.error(), request);
  const auto city = w_.city();
  const Topic* chosen = topic.empty() ? nullptr : topic_of(*city, topic);
  if (!topic.empty() && !chosen) return http::problem(Error(ErrorCode::not_found, "there is no such topic"), request);
  const std::string host = archive_.host(), where = topic.empty() ? "/messages" : "/messages/topics/" + topic;
  bulletins::Feed out;
  out.lang = request.lang;
  out.id = "tag:" + host + ",2026:" + where.substr(1) + "/" + request.lang;
  out.entry_id = "tag:" + host + ",2026:message/";
  out.title = text(request, "messages.feed_title", {{"city", city->name().in(request.lang)}}) + (chosen ? " · " + bulletins::plain(chosen->name.in(request.lang), "ja") : "");
  out.author = city->name().in(request.lang);
  out.self = w_.base_url + where + (atom ? ".atom" : ".rss") + "?lang=" + request.lang;
  out.page = w_.base_url + (topic.empty() ? "/messages" : "/messages?topic=" + topic);
  out.updated = Instant{0};
  std::vector<bulletins::Notice> notices;
  for (const Published& one : **all) {
    if (notices.size() >= kInFeed) break;
    if (!topic.empty() && one.campaign.draft.topic != topic) continue;
    bulletins::Notice notice = archive_.notice(one);
    // One message that breaks a rule of feeds must not take the others with it.
    if (auto right = bulletins::check(notice); !right.ok()) log(LogLevel::error, "message-not-in-feed", {{"message", one.campaign.public_id}, {"why", right.error().to_string()}});
    else notices.push_back(std::move(notice));
  }
  auto made = atom ? bulletins::atom(out, notices) : bulletins::rss(out, notices);
  if (!made.ok()) {
    log(LogLevel::error, "feed-not-made", {{"why", made.error().to_string()}});
    return http::problem(Error(ErrorCode::internal), request);
  }
  return kept(http::text(std::move(*made), atom ? "application/atom+xml; charset=utf-8" : "application/rss+xml; charset=utf-8"));
}

void Citizen::archive_routes(http::Router& router) {
  http::RouteOptions page;
  page.permission = "public", page.object = "none", page.page_kind = "messages";
  router.get(kPath, page, [this](http::Request& r) { return list(r); });
  http::RouteOptions file;
  file.permission = "public", file.object = "none";
  router.get("/messages.atom", file, [this](http::Request& r) { return feed(r, "", true); });
  router.get("/messages.rss", file, [this](http::Request& r) { return feed(r, "", false); });
  file.object = "topic-feed", file.sample = "/messages/topics/disaster.atom";
  router.get("/messages/topics/{file}", file, [this](http::Request& r) {
    const std::string name(r.param("file"));
    const std::size_t dot = name.rfind('.');
    const std::string kind = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (dot == 0 || (kind != "atom" && kind != "rss")) return http::problem(Error(ErrorCode::not_found, "there is no such feed"), r);
    return feed(r, name.substr(0, dot), kind == "atom");
  });
  http::RouteOptions one;
  one.permission = "public", one.object = "published-message", one.page_kind = "message", one.sample = "/messages/{message}";
  router.get("/messages/{message}", one, [this](http::Request& r) { return message(r); });
}

}  // namespace machiya::tell
