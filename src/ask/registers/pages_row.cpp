// One row: values by section, related rows, attachments, actions of the workflow, comments, and the history of every value.
#include <algorithm>

#include "ask/apply/fields.h"
#include "ask/cases/web.h"
#include "ask/registers/pages_list.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

struct Opened {
  std::shared_ptr<const Register> reg;
  Row row;
};

/// To be acted upon: what stands open in an emergency is to be read and nothing else.
Result<Opened> open_to_act(const Web& web, const Request& request) {
  Opened out;
  MACHIYA_TRY(out.reg, register_of(web, request));
  MACHIYA_TRY(out.row, web.registers.open(*out.reg, request.param("number"), identity::principal_of(request), request.id));
  return out;
}

Result<Opened> open(const Web& web, const Request& request) {
  Opened out;
  MACHIYA_TRY(out.reg, register_of_row(web, request));
  MACHIYA_TRY(out.row, web.registers.open(*out.reg, request.param("number"), identity::principal_of(request), request.id));
  return out;
}

Data files_data(const Register& reg, const Row& row, const json::Value& value) {
  Data items{Data::List{}};
  for (const json::Value& item : value.items()) {
    const std::string href = row_path(reg, row.number, "/files/" + item.text("blob"));
    Data one = Data().set("href", href).set("name", item.text("filename")).set("size", apply::size_text(item["bytes"].as_int()));
    if (starts_with(item.text("type"), "image/")) one.set("thumbnail", href + "?size=thumb");
    items.push(std::move(one));
  }
  return items;
}

Data value_data(const Web& web, const Request& request, const Opened& o, const Column& column) {
  const std::string lang = staff_language(request);
  const json::Value& value = o.row.values[column.name];
  Data out = Data().set("label", column.label.in(lang));
  if (column.question && column.question->takes_files() && value.size() > 0) return std::move(out.set("files", Data().set("items", files_data(*o.reg, o.row, value))));
  out.set("text", shown(web, *o.reg, column, value, &o.row, lang));
  if (column.kind == ColumnKind::relation && !value.is_null())
    if (const auto other = web.registers.find(column.relation, identity::principal_of(request)); other.ok()) out.set("href", row_path(**other, value.as_string()));
  return out;
}

Data sections_of(const Web& web, const Request& request, const Opened& o) {
  const std::string lang = staff_language(request);
  Data out{Data::List{}};
  for (const Section& section : o.reg->sections) {
    Data rows{Data::List{}};
    bool any = false;
    for (const Column* column : readable(web, *o.reg, section.columns, o.row, identity::principal_of(request))) rows.push(value_data(web, request, o, *column)), any = true;
    const std::string title = section.title.in(lang);
    if (any && !section.columns.empty()) out.push(Data().set("title", title.empty() ? text(web, request, "staff_registers.values") : title).set("rows", std::move(rows)));
  }
  return out;
}

std::string action_text(const Web& web, const Request& request, const Register& reg, const std::string& action) {
  const std::string kind = action.substr(0, action.find(':'));
  for (const char* known : {"add", "change", "bulk", "undo", "import", "comment", "related", "definition"})
    if (kind == known) return text(web, request, "staff_registers.did." + kind);
  const auto city = web.city();
  const cases::Workflow* workflow = workflow_of(city.get(), reg);
  const cases::Action* found = workflow ? workflow->action(action) : nullptr;
  return found ? found->name.in(staff_language(request)) : action;
}

Data history_of(const Web& web, const Request& request, const Opened& o, const std::vector<HistoryEntry>& history) {
  const std::string lang = staff_language(request);
  Data out{Data::List{}};
  for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
    Data one = Data().set("title", action_text(web, request, *o.reg, entry->action)).set("at", locale::format_time(entry->at, lang)).set("at_iso", to_iso_japan(entry->at));
    one.set("by", entry->actor_name.empty() ? entry->actor : entry->actor_name).set("reason", entry->reason).set("comment", entry->comment);
    if (!entry->state.empty() && !o.reg->workflow.empty()) one.set("state", state_name(web, *o.reg, entry->state, lang));
    Data changes{Data::List{}};
    for (const auto& [name, change] : entry->changes) {
      const Column* column = o.reg->column(name);
      if (!column) continue;
      auto value = [&](const json::Value& v) {
        const Row* titles = v == o.row.values[name] ? &o.row : nullptr;
        const std::string out_text = shown(web, *o.reg, *column, v, titles, lang);
        return out_text.empty() ? text(web, request, "staff_registers.no_value") : out_text;
      };
      changes.push(Data().set("label", column->label.in(lang)).set("before", value(change.first)).set("after", value(change.second)));
    }
    if (!entry->changes.empty()) one.set("changes", Data().set("items", std::move(changes)));
    out.push(std::move(one));
  }
  return out;
}

bool may_change(const Web& web, const Register& reg, const identity::Principal& who) {
  return std::any_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) { return c.entered() && web.registers.may_write(reg, c, who); });
}

Response show(const Web& web, const Request& request, const Opened& o, std::string_view flash_key, std::string_view kind, int status, const std::string& comment_error = {}) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  const std::string title = title_of(web, *o.reg, o.row, lang);
  Data data = register_page(web, request, *o.reg, title);
  data.set("heading", title).set("number", o.row.number).set("href", row_path(*o.reg, o.row.number)).set("revision", static_cast<long long>(o.row.revision));
  if (o.row.emergency_until) data.set("emergency", text(web, request, "staff_emergency.banner", {{"until", cases::detail::date_time_text(*o.row.emergency_until, lang)}}));
  if (Data tag = state_tag(web, *o.reg, o.row.state, lang); tag.find("label")) data.set("tag", std::move(tag));
  data.set("created", locale::format_time(o.row.created, lang)).set("changed", locale::format_time(o.row.changed, lang));
  data.set("sections", sections_of(web, request, o)).set("related", related_of(web, request, *o.reg, o.row.number)).set("reminders", reminders_of_row(web, request, *o.reg, o.row));
  if (may_change(web, *o.reg, who)) data.set("change", row_path(*o.reg, o.row.number, "/change"));
  Data actions{Data::List{}};
  bool any = false;
  for (const cases::Action* action : web.registers.actions(*o.reg, o.row, who))
    actions.push(Data().set("href", row_path(*o.reg, o.row.number, "/actions/" + action->id)).set("label", action->name.in(lang))), any = true;
  if (any) data.set("actions", Data().set("items", std::move(actions)));
  auto history = web.registers.history(*o.reg, o.row.number, who);
  if (!history.ok()) return http::problem(history.error(), request);
  data.set("history", history_of(web, request, o, *history));
  if (web.registers.may_add(*o.reg, who) || may_change(web, *o.reg, who)) data.set("may_comment", true);
  if (!flash_key.empty()) cases::detail::flash(data, kind, text(web, request, flash_key));
  if (!comment_error.empty()) {
    data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#comment").set("text", comment_error)})));
    data.set("comment_error", Data().set("id", "comment").set("error", comment_error));
  }
  return render(web, request, "registers/row", std::move(data), status);
}

Response get_row(const Web& web, Request& request) {
  if (const auto reg = register_of(web, request); reg.ok() && (*reg)->of_cases) return http::see_other(row_path(**reg, request.param("number")));
  const auto o = open(web, request);
  if (!o.ok()) return row_refused(web, request, o.error());
  const std::string done(request.query("done").value_or(""));
  const bool known = done == "add" || done == "change" || done == "same" || done == "act" || done == "comment";
  return show(web, request, *o, known ? "staff_registers.done." + done : "", done == "same" ? "info" : "success", 200);
}

const cases::Action* action_of(const Web& web, const Request& request, const Opened& o) {
  for (const cases::Action* action : web.registers.actions(*o.reg, o.row, identity::principal_of(request)))
    if (action->id == request.param("action")) return action;
  return nullptr;
}

Response action_form(const Web& web, const Request& request, const Opened& o, const cases::Action& action, const std::vector<CellError>& errors, int status) {
  const std::string lang = staff_language(request);
  Data data = register_page(web, request, *o.reg, action.name.in(lang));
  const bool needed = action.needs_reason || action.needs_note;
  data.set("heading", action.name.in(lang)).set("row_title", title_of(web, *o.reg, o.row, lang)).set("href", row_path(*o.reg, o.row.number));
  data.set("to", state_name(web, *o.reg, action.to, lang)).set("revision", static_cast<long long>(o.row.revision));
  Data field = Data().set("type", "long-text").set("id", "reason").set("name", "reason").set("label", text(web, request, "staff_registers.reason")).set("required", needed).set("max_length", 4000);
  field.set("value", param_of(request, "reason")).set("hint", text(web, request, "staff_registers.reason_hint"));
  Data items{Data::List{}};
  for (const CellError& e : errors) {
    const bool at_reason = e.column == "reason" || e.column.empty();
    if (at_reason) field.set("error", e.message);
    items.push(Data().set("href", at_reason ? "#reason" : "#main").set("text", e.message));
  }
  data.set("fields", Data(Data::List{std::move(field)}));
  if (!errors.empty()) data.set("errors", Data().set("items", std::move(items)));
  data.set("back", param_of(request, "back"));
  data.set("buttons", Data(Data::List{Data().set("value", "next").set("label", action.name.in(lang)).set("primary", true)}));
  return render(web, request, "registers/action", std::move(data), status);
}

Response get_action(const Web& web, Request& request) {
  const auto o = open_to_act(web, request);
  if (!o.ok()) return http::problem(o.error(), request);
  const cases::Action* action = action_of(web, request, *o);
  return action ? action_form(web, request, *o, *action, {}, 200) : http::problem(Error(ErrorCode::not_found, "action"), request);
}

/// Back to a page of this register only.
std::string way_back(const Request& request, const Register& reg, std::string otherwise) {
  const std::string back = param_of(request, "back");
  return starts_with(back, path_of(reg, "?")) ? back : std::move(otherwise);
}

Response post_action(const Web& web, Request& request) {
  const auto o = open_to_act(web, request);
  if (!o.ok()) return http::problem(o.error(), request);
  const cases::Action* action = action_of(web, request, *o);
  const std::string reason(trim(param_of(request, "reason")));
  if (!action) {   // not among those that are possible: forbidden, or gone meanwhile
    const auto why = web.registers.act(*o->reg, o->row.number, std::atoll(param_of(request, "revision").c_str()), request.param("action"), reason, identity::principal_of(request), staff_language(request), request.id);
    if (!why.ok() && why.error().code == ErrorCode::forbidden) return http::problem(why.error(), request);
    return show(web, request, *o, "staff_registers.action_gone", "error", 409);
  }
  if (reason.empty() && (action->needs_reason || action->needs_note))
    return action_form(web, request, *o, *action, {{"reason", "required", text(web, request, "staff_registers.needs_reason")}}, 422);
  auto saved = web.registers.act(*o->reg, o->row.number, std::atoll(param_of(request, "revision").c_str()), action->id, reason, identity::principal_of(request), staff_language(request), request.id);
  if (!saved.ok() && saved.error().code == ErrorCode::conflict) {
    const auto again = open_to_act(web, request);
    return again.ok() ? show(web, request, *again, "staff_registers.changed_meanwhile", "warning", 409) : http::problem(again.error(), request);
  }
  if (!saved.ok()) return http::problem(saved.error(), request);
  if (!saved->errors.empty()) return action_form(web, request, *o, *action, saved->errors, 422);
  if (!saved->conflicts.empty()) return show(web, request, *o, "staff_registers.changed_meanwhile", "warning", 409);
  return http::see_other(way_back(request, *o->reg, row_path(*o->reg, o->row.number, "?done=act")));
}

Response post_comment(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const std::string said(trim(param_of(request, "comment")));
  const std::string here = row_path(**reg, request.param("number"));
  if (!web.registers.may_add(**reg, identity::principal_of(request))) return http::problem(Error(ErrorCode::forbidden, "no right to comment"), request);
  if (said.empty()) {
    const auto o = open_to_act(web, request);
    return o.ok() ? show(web, request, *o, "", "", 422, text(web, request, "staff_registers.needs_comment")) : http::problem(o.error(), request);
  }
  auto done = web.registers.comment(**reg, request.param("number"), said, identity::principal_of(request), request.id);
  return done.ok() ? http::see_other(here + "?done=comment#history") : http::problem(done.error(), request);
}

Response send_file(const Web& web, const Request& request, const std::string& blob) {
  const auto found = web.blobs.find(blob);
  if (!found.ok()) return http::problem(found.error(), request);
  auto content = web.blobs.read(blob, request.query("size") == "thumb" ? "thumb" : "");
  if (!content.ok()) return http::problem(content.error(), request);
  Response r = http::text(std::move(*content), request.query("size") == "thumb" ? "image/jpeg" : found->type);
  r.header("Content-Disposition", found->as_uploaded ? "attachment" : "inline");
  r.header("Cache-Control", "private, no-store");
  return r;
}

/// A file that the row holds in a column this person may read, or an upload of theirs that waits for the save.
Response row_file(const Web& web, Request& request) {
  const auto o = open(web, request);
  if (!o.ok()) return http::problem(o.error(), request);
  const std::string blob(request.param("blob"));
  bool held = waits_for(web, identity::principal_of(request), blob);
  for (const Column* column : readable(web, *o->reg, {}, o->row, identity::principal_of(request)))
    if (column->question && column->question->takes_files())
      for (const json::Value& item : o->row.values[column->name].items()) held = held || item.text("blob") == blob;
  return held ? send_file(web, request, blob) : http::problem(Error(ErrorCode::not_found, "file"), request);
}

Response new_file(const Web& web, Request& request) {
  const std::string blob(request.param("blob"));
  return waits_for(web, identity::principal_of(request), blob) ? send_file(web, request, blob) : http::problem(Error(ErrorCode::not_found, "file"), request);
}

}  // namespace

void add_row_routes(http::Router& router, const Web& web) {
  const std::string one = std::string(kBase) + "/{register}", row = one + "/rows/{number}";
  const auto or_in_emergency = [](http::RouteOptions o) { return o.permission += "|staff:breakglass.use", o; };
  http::RouteOptions page = or_in_emergency(staff_route("staff-register-row", row));
  page.reads_personal_data = true, page.object = "row", page.action = "read";
  http::RouteOptions action = staff_route("staff-register-action", row + "/actions/{action}");
  action.reads_personal_data = true, action.object = "row", action.action = "act";
  http::RouteOptions file = or_in_emergency(staff_route(""));
  file.reads_personal_data = true, file.object = "row-file", file.action = "read";
  http::RouteOptions waiting = staff_route("").on("new-file", "write");
  waiting.shows_own_input = true;
  router.get(row, page, [web](Request& r) { return get_row(web, r); });
  router.get(row + "/actions/{action}", action, [web](Request& r) { return get_action(web, r); });
  http::RouteOptions act = staff_route("").on("row", "act"), comment = staff_route("").on("row", "write");
  act.reads_personal_data = comment.reads_personal_data = true;
  router.post(row + "/actions/{action}", act, [web](Request& r) { return post_action(web, r); });
  router.post(row + "/comments", comment, [web](Request& r) { return post_comment(web, r); });
  router.get(row + "/files/{blob}", file, [web](Request& r) { return row_file(web, r); });
  router.post(row + "/emergency", cases::detail::staff_route("breakglass.use", "").on("any-row"), [web](Request& r) { return open_row_in_emergency(web, r); });
  router.get(one + "/files/{blob}", waiting, [web](Request& r) { return new_file(web, r); });
}

}  // namespace machiya::registers::detail
