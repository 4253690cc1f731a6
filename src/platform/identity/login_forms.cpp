#include "platform/identity/login_forms.h"

#include "platform/http/host_cookie.h"
#include "platform/identity/addresses.h"
#include "platform/locale/locale.h"

namespace machiya::identity {
using http::Request;
using http::Response;
using pages::Data;

void set_cookie(const Request& request, Response& response, const std::string& name, std::string_view value, std::string_view max_age) {
  std::string text = name + "=" + std::string(value) + "; Path=/; HttpOnly; SameSite=Lax";
  if (!max_age.empty()) text += "; Max-Age=" + std::string(max_age);
  if (request.secure) text += "; Secure";
  response.header("Set-Cookie", std::move(text));
  for (const auto& [key, already] : response.headers)
    if (key == "Cache-Control") return;
  response.header("Cache-Control", "no-store");
}
std::string ticket_cookie(const Request& request) { return http::host_cookie(request.secure, "machiya-login"); }

std::string next_of(const Request& request) {
  const auto field = request.method == http::Method::post ? request.form("next") : request.query("next");
  return local_path(field.value_or("/"));
}
std::string with_next(std::string path, const std::string& next) {
  return next == "/" ? path : path + "?next=" + http::url_encode(next);
}

Data LoginForms::begin(const Request& request, const FormPage& form) const {
  Data data = frame_(request);
  data.set("title", texts_.text(request.lang, form.title_key)).set("next", form.next).set("csrf", principal_of(request).csrf);
  if (!form.error_key.empty()) {
    Data items;
    items.push(Data().set("href", "#" + form.error_field).set("text", pages::ruby(raw(request, form.error_key))));
    data.set("errors", Data().set("items", std::move(items)));
  }
  return data;
}

Data LoginForms::field(const Request& request, const FormPage& form, const char* type, const char* name, const char* label, std::string_view hint) const {
  Data out;
  out.set("type", type).set("id", name).set("name", name).set("label", pages::ruby(raw(request, label))).set("required", true);
  if (!hint.empty()) out.set("hint", pages::ruby(raw(request, hint)));
  if (form.error_field == name) out.set("error", pages::ruby(raw(request, form.error_key)));
  return out;
}

Data LoginForms::buttons(const Request& request, std::string_view next_key, bool back) const {
  Data out;
  out.push(Data().set("value", "next").set("label", pages::ruby(raw(request, next_key))).set("primary", true));
  if (back) out.push(Data().set("value", "back").set("label", pages::ruby(raw(request, "form.back"))).set("skip_check", true));
  return out;
}

std::string LoginForms::raw(const Request& request, std::string_view key) const {
  const std::string* text = texts_.raw(request.lang, key);
  return text ? *text : texts_.text(request.lang, key);
}

Response LoginForms::render(const Request& request, const FormPage& form, std::string_view name, Data data) const {
  Response r = http::html(templates_.render(name, data, request.lang).html, form.status);
  r.header("Cache-Control", "no-store");
  return r;
}

}  // namespace machiya::identity
