// The pages of an interview: show one, take one. Every post is saved before anything is judged.
#include <algorithm>
#include <charconv>

#include "ask/apply/apply.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

using pages::Data;

std::string key_of(const http::Request& request) {
  std::string key(request.param("page"));
  if (!request.param("item").empty()) key += "/" + std::string(request.param("item"));
  return key;
}

/// The log as the posted form knew it.
interview::Log log_until(const interview::Log& log, std::int64_t base) {
  interview::Log out;
  for (const auto& answer : log.answers())
    if (answer.at.us <= base) out.append(answer);
  return out;
}
std::int64_t base_of(const interview::Log& log) { return log.answers().empty() ? 0 : log.answers().back().at.us; }

int index_of(const interview::State& state, std::string_view key) {
  for (std::size_t i = 0; i < state.pages.size(); ++i)
    if (state.pages[i].key == key) return static_cast<int>(i);
  return -1;
}

Data error_summary(const interview::PageState& page, std::string_view lang) {
  Data items{Data::List{}};
  for (const auto& error : page.errors) {
    std::string anchor = "q";
    for (const auto& now : page.questions)
      if (error.field == now.field || starts_with(error.field, now.field + ".")) anchor = "f-" + now.question->name;
    items.push(Data().set("href", "#" + anchor).set("text", rich(error.message, lang)));
  }
  return Data().set("items", std::move(items));
}

}  // namespace

http::Response Apply::draft_home(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  if (opened->draft.sent()) return http::see_other(draft_path(opened->draft, "receipt"));
  const auto& state = opened->state;
  if (state.next.empty() && opened->now.procedure->check_page) return http::see_other(draft_path(opened->draft, "check"));
  const std::string key = !state.next.empty() ? state.next : state.pages.empty() ? "check" : state.pages.back().key;
  return http::see_other(draft_path(opened->draft, key));
}

http::Response Apply::show_page(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  if (opened->draft.sent()) return http::see_other(draft_path(opened->draft, "receipt"));
  const auto* page = opened->state.page(key_of(request));
  if (page == nullptr) return http::see_other(draft_path(opened->draft));   // not asked any more
  return render_page(request, *opened, *page);
}

http::Response Apply::render_page(http::Request& request, Opened& opened, const interview::PageState& page) {
  const auto& procedure = *opened.now.procedure;
  const auto& state = opened.state;
  const int index = index_of(state, page.key), count = static_cast<int>(state.pages.size());
  if (ports_.visited && request.method == http::Method::get) ports_.visited(procedure.id, page.page->id, index + 1);
  std::string title = page.page->title.in(request.lang);
  if (page.page->repeat && !page.item.empty()) title += " — " + page.page->repeat->item.in(request.lang) + " " + std::to_string(page.item_number);
  Data data = page_data(request, title);
  data.set("procedure", rich(procedure.name.in(request.lang), request.lang)).set("action", draft_path(opened.draft, page.key)).set("base", static_cast<long long>(base_of(opened.draft.log)));
  if (!page.page->intro.empty()) data.set("intro", rich(page.page->intro.in(request.lang), request.lang));
  if (page.page->repeat && page.item.empty()) data.set("intro", text(request, "apply.repeat_none", {{"item", plain(page.page->repeat->item.in(request.lang))}}));
  Data fields{Data::List{}};
  bool upload = false, map = false;
  for (const auto& now : page.questions) {
    upload = upload || now.question->takes_files();
    map = map || now.question->type == interview::AnswerType::place;
    fields.push(field_data(procedure, page, now, draft_path(opened.draft, "files/"), request.lang, p_.texts, p_.reference));
  }
  data.set("fields", std::move(fields)).set("upload", upload);
  if (map) data.set("needs_map", true);
  if (!page.errors.empty()) data.set("errors", error_summary(page, request.lang));
  if (request.query("return") == "check") data.set("return_check", true);
  const bool last = index + 1 == count, sends = last && !procedure.check_page;
  Data buttons{Data::List{}};
  auto button = [&](const char* value, const char* label, bool primary, bool skip) {
    buttons.push(Data().set("value", value).set("label", text(request, label)).set("primary", primary).set("skip_check", skip));
  };
  button(sends ? "send" : "next", sends ? "form.send" : "form.next", true, false);
  button("back", "form.back", false, true);
  if (page.page->repeat && (page.item.empty() || page.item_number == page.item_count) && page.item_count < page.page->repeat->max) button("add", "form.add", false, false);
  if (page.page->repeat && !page.item.empty() && page.item_count > page.page->repeat->min) button("remove", "form.remove", false, true);
  button("save", "form.save", false, true);
  data.set("buttons", std::move(buttons));
  Data items{Data::List{}};
  for (int i = 0; i < count; ++i) {
    const auto& other = state.pages[static_cast<std::size_t>(i)];
    Data row;
    row.set("label", rich(other.page->title.in(request.lang) + (other.item_count > 1 ? " " + std::to_string(other.item_number) : ""), request.lang)).set("current", i == index).set("done", other.complete);
    if (other.visited) row.set("href", draft_path(opened.draft, other.key));
    items.push(std::move(row));
  }
  if (count > 1) data.set("progress", Data().set("step", index + 1).set("steps", count).set("pages", Data().set("items", std::move(items))));
  if (state.stop && state.stop->page == page.key) {
    Data stop = Data().set("title", rich(state.stop->title, request.lang)).set("message", rich(state.stop->message, request.lang));
    if (!state.stop->link.empty()) stop.set("link", Data().set("href", state.stop->link).set("label", text(request, "apply.stop_link")));
    data.set("stop", std::move(stop));
  }
  Data changes{Data::List{}};
  for (const auto& change : opened.draft.changes.items()) changes.push(text(request, "apply.change." + change.text("what"), {{"label", plain(change.text("label"))}}));
  if (opened.draft.changes.size() > 0) data.set("changes", Data().set("items", std::move(changes)).set("action", draft_path(opened.draft)));
  Data elsewhere{Data::List{}};
  for (auto name : split(request.query("elsewhere").value_or(""), ','))
    for (const auto& now : page.questions)
      if (!name.empty() && now.question->name == name) elsewhere.push(rich(now.question->label.in(request.lang), request.lang));
  if (!std::get<Data::List>(elsewhere.get()).empty()) data.set("elsewhere", Data().set("items", std::move(elsewhere)));
  if (const auto trouble = request.query("trouble"); trouble && starts_with(*trouble, "apply.file.") && p_.texts.has("ja", *trouble))
    data.set("flash", Data().set("kind", "error").set("text", text(request, *trouble)));
  return render("apply/interview", std::move(data), request);
}

http::Response Apply::post_page(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  if (opened->draft.sent()) return http::see_other(draft_path(opened->draft, "receipt"));
  const std::string key = key_of(request), action(request.form("action").value_or("next"));
  const auto* page = opened->state.page(key);
  if (page == nullptr) return http::see_other(draft_path(opened->draft));
  std::string trouble;
  const interview::Fields fields = fields_of(request, opened->draft, *page, trouble);
  std::int64_t base = base_of(opened->draft.log);
  if (const auto sent = request.form("base")) std::from_chars(sent->data(), sent->data() + sent->size(), base);
  std::string elsewhere;
  const std::string id = drafts_.new_id();
  const interview::Situation situation = opened->situation;
  const auto& procedure = *opened->now.procedure;
  auto saved = drafts_.append(opened->draft.public_id, [&](const Draft& draft) -> std::vector<interview::Answer> {
    elsewhere.clear();
    const auto known = interview::evaluate(procedure, log_until(draft.log, base), situation), latest = interview::evaluate(procedure, draft.log, situation);
    if (!known.ok() || !latest.ok()) return {};
    const auto* now = latest->page(key);
    const auto* before = known->page(key);
    if (now == nullptr) return {};
    auto entries = interview::read_fields(procedure, before != nullptr ? *before : *now, fields, situation, "applicant", {id});
    for (const auto& question : now->questions) {   // changed in another tab and not here
      const auto touched = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.field == question.field; });
      if (before == nullptr || touched) continue;
      for (const auto& old : before->questions)
        if (old.question == question.question && !(old.value == question.value)) elsewhere += (elsewhere.empty() ? "" : ",") + question.question->name;
    }
    return entries;
  });
  if (!saved.ok()) return refuse(saved.error(), request);
  opened->draft = std::move(*saved);
  const auto may = access(opened->draft, identity::principal_of(request));
  if (!may.ok()) return refuse(may.error(), request);
  if (*may != Access::full)   // the log-in ended meanwhile: nothing is lost
    return http::see_other("/login?next=" + http::url_encode(draft_path(opened->draft, key)));
  if (auto state = evaluate(*opened); !state.ok()) return refuse(state.error(), request);
  if (request.form("lookup")) return http::see_other(draft_path(opened->draft, key) + "#f-" + http::url_encode(*request.form("lookup")));
  if (!trouble.empty()) return http::see_other(draft_path(opened->draft, key) + "?trouble=" + trouble);
  return after_post(request, *opened, key, action, elsewhere);
}

std::string Apply::add_item(Opened& opened, const interview::PageState& page) {
  std::string item;
  for (char c : drafts_.new_id().substr(0, 12))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) item += c;
  auto saved = drafts_.append(opened.draft.public_id, [&](const Draft&) {
    return std::vector<interview::Answer>{{drafts_.new_id(), drafts_.now(), "applicant", page.page->repeat->name + "/" + item, true}};
  });
  if (!saved.ok()) return page.key;
  opened.draft = std::move(*saved);
  return page.page->id + "/" + item;
}

http::Response Apply::after_post(http::Request& request, Opened& opened, const std::string& key, const std::string& action, const std::string& elsewhere) {
  const auto& state = opened.state;
  const auto to = [&](const std::string& where) {
    std::string path = draft_path(opened.draft, where);
    if (!elsewhere.empty() && where == key) path += "?elsewhere=" + elsewhere;
    return http::see_other(path);
  };
  const int index = index_of(state, key);
  const auto* page = state.page(key);
  if (page == nullptr) return http::see_other(draft_path(opened.draft));
  if (action == "save") return http::see_other("/drafts?saved=1");
  if (action == "back") return index > 0 ? to(state.pages[static_cast<std::size_t>(index - 1)].key) : http::see_other("/procedures/" + opened.draft.procedure);
  if (action == "remove" && page->page->repeat && !page->item.empty() && page->item_count > page->page->repeat->min) {
    auto saved = drafts_.append(opened.draft.public_id, [&](const Draft&) {
      return std::vector<interview::Answer>{{drafts_.new_id(), drafts_.now(), "applicant", page->page->repeat->name + "/" + page->item, nullptr}};
    });
    if (!saved.ok()) return refuse(saved.error(), request);
    const bool before = index > 0 && state.pages[static_cast<std::size_t>(index - 1)].page == page->page;
    return before ? to(state.pages[static_cast<std::size_t>(index - 1)].key) : http::see_other(draft_path(opened.draft));
  }
  if (action == "add" && page->page->repeat && page->item_count < page->page->repeat->max) return to(add_item(opened, *page));
  if (!elsewhere.empty() || !page->complete || (state.stop && state.stop->page == key)) return to(key);
  if (request.form("return") == "check") return to(state.next.empty() ? "check" : state.next);
  if (index + 1 < static_cast<int>(state.pages.size())) return to(state.pages[static_cast<std::size_t>(index + 1)].key);
  if (opened.now.procedure->check_page) return to("check");
  if (!state.next.empty()) return to(state.next);
  return send_opened(request, opened);
}

void Apply::draft_routes(http::Router& router) {
  http::RouteOptions page;
  page.permission = "public";   // whose draft it is decides; a visitor has drafts too
  page.shows_own_input = true;
  page.object = "draft", page.action = "draft.read";
  page.page_kind = "interview";
  http::RouteOptions post;
  post.permission = "public", post.object = "draft", post.action = "draft.add";
  post.body_limit = 64u << 20;
  post.file_limit = 20u << 20;
  post.timeout_s = 300;
  http::RouteOptions plain;
  plain.permission = "public", plain.object = "draft", plain.action = "draft.read", plain.shows_own_input = true;
  auto list = plain;
  list.page_kind = "drafts", list.object = "none";
  router.get("/drafts", list, [this](http::Request& r) { return drafts_page(r); });
  router.get("/drafts/{draft}", plain, [this](http::Request& r) { return draft_home(r); });
  router.post("/drafts/{draft}", plain, [this](http::Request& r) { return draft_post(r); });
  auto check = page;
  check.page_kind = "check-answers";
  router.get("/drafts/{draft}/check", check, [this](http::Request& r) { return check_page(r); });
  router.post("/drafts/{draft}/check", plain, [this](http::Request& r) { return send(r); });
  auto receipt = page;
  receipt.page_kind = "receipt";
  router.get("/drafts/{draft}/receipt", receipt.on("sent-draft", "draft.read"), [this](http::Request& r) { return receipt_page(r); });
  router.get("/drafts/{draft}/receipt.svg", plain.on("sent-draft", "draft.read"), [this](http::Request& r) { return receipt_svg(r); });
  router.get("/drafts/{draft}/receipt.pdf", plain.on("sent-draft", "draft.read"), [this](http::Request& r) { return receipt_pdf(r); });
  router.get("/drafts/{draft}/files/{blob}", plain.on("draft-file", "draft.read"), [this](http::Request& r) { return draft_file(r); });
  router.get("/drafts/{draft}/{page}", page, [this](http::Request& r) { return show_page(r); });
  router.post("/drafts/{draft}/{page}", post, [this](http::Request& r) { return post_page(r); });
  router.get("/drafts/{draft}/{page}/{item}", page.on("draft-item", "draft.read"), [this](http::Request& r) { return show_page(r); });
  router.post("/drafts/{draft}/{page}/{item}", post.on("draft-item", "draft.add"), [this](http::Request& r) { return post_page(r); });
}

}  // namespace machiya::apply
