#include "app/citizen_web.h"

#include <fstream>

#include "app/doors.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/identity/smtp_sender.h"
#include "platform/jobs/jobs.h"
#include "platform/pages/assets.h"
#include "tell/line/line_channel.h"
#include "tell/sms/code_sms.h"
#include "tell/webpush/webpush_channel.h"

namespace machiya::app {
namespace {
constexpr const char* kReplyJob = "line-reply";
constexpr std::string_view kWorker = "scripts/push_worker.js", kStatic = "/static/";

std::string setting(const Settings& settings, const char* channel, const char* name) {
  const auto values = settings.tell.find(channel);
  if (values == settings.tell.end()) return {};
  const auto found = values->second.find(name);
  return found == values->second.end() ? std::string() : found->second;
}
}  // namespace

std::unique_ptr<identity::SmtpSender> opt_in_sender(const Settings& s, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock) {
  if (s.demonstration) return nullptr;
  return std::make_unique<identity::SmtpSender>(smtp_options(s), door, texts, clock);
}

std::unique_ptr<tell::CodeSms> code_sms(Telling& telling, const Clock& clock, Rng& rng) {
  tell::Channel* channel = telling.channel("sms");
  return channel ? std::make_unique<tell::CodeSms>(*channel, clock, rng) : nullptr;
}

void declare_line_replies(jobs::Jobs& jobs, Telling& telling) {
  // LINE takes an answer for about a minute: a second attempt is worth it, an eighth is not.
  jobs.declare({kReplyJob, 30, 2, 1});
  jobs.handle(kReplyJob, [&telling](const jobs::Job& job) -> Result<void> {
    const auto* line = dynamic_cast<const tell::LineChannel*>(telling.channel("line"));
    if (!line) return {};
    const auto sent = line->api().ask("POST", "/v2/bot/message/reply", job.payload);
    if (sent.ok()) return {};
    log(LogLevel::warn, "line-not-answered", {{"why", sent.error().to_string()}});
    return sent.error().code == ErrorCode::unavailable ? Result<void>(sent.error()) : Result<void>();
  });
}

Result<void> plug_channels(tell::CitizenWeb& web, const Settings& settings, Telling& telling, jobs::Jobs& jobs, identity::SmtpSender* mails, tell::CodeSms* codes, const pages::Assets& assets) {
  web.channels = telling.channels();
  web.demonstration = settings.demonstration;
  web.mail = [mails](const std::string& to, const std::string& lang, const std::string& subject, const std::string& body) {
    return mails ? mails->mail(to, subject, body, lang) : Result<void>();
  };
  if (codes) {
    web.sms_code = [codes](const std::string& number, const std::string& lang, const std::string& text) { return codes->send(number, lang, text); };
    if (const std::string bound = setting(settings, "sms", "codes-per-hour"); !bound.empty()) {
      web.sms_codes_per_hour = std::atoll(bound.c_str());
      if (web.sms_codes_per_hour < 1 || std::to_string(web.sms_codes_per_hour) != bound) return Error(ErrorCode::invalid_input, "a number of codes, 1 at least", "tell.sms.codes-per-hour");
    }
  }
  if (const auto* push = dynamic_cast<const tell::WebPushChannel*>(telling.channel("push"))) {
    const auto url = assets.url(kWorker);
    const pages::Asset* worker = url ? assets.find(std::string_view(*url).substr(kStatic.size())) : nullptr;
    if (!worker) return Error(ErrorCode::not_found, "the service worker is missing", std::string(kWorker));
    web.push_key = push->public_key(), web.push_worker = worker->body;
    web.push_takes = [push](std::string_view subscription) { return push->takes(subscription); };
  }
  if (telling.channel("line")) {
    web.line_friend = setting(settings, "line", "friend");
    if (const std::string file = setting(settings, "line", "secret-file"); !file.empty()) {
      std::ifstream in(file, std::ios::binary);
      if (!in) return Error(ErrorCode::not_found, "the file of this setting cannot be read", "tell.line.secret-file");
      const std::string secret((std::istreambuf_iterator<char>(in)), {});
      web.line_secret = std::string(trim(secret));
    }
    web.line_reply = [&jobs](store::Tx& tx, const std::string& token, const json::Value& messages) -> Result<void> {
      MACHIYA_TRY(const auto id, jobs.enqueue(tx, kReplyJob, json::Value::object({{"replyToken", token}, {"messages", messages}})));
      (void)id;
      return {};
    };
  }
  return {};
}

}  // namespace machiya::app
