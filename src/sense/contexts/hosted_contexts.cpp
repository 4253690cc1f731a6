#include "sense/contexts/hosted_contexts.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "sense/contexts/context_dao.h"
#include "sense/tree/tree.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_hosted_contexts();
}

namespace machiya::sense {
namespace {

Error absent() { return Error(ErrorCode::not_found, "there is no such context"); }

// What a document must be before it may stand for a context; the processor judges the context itself.
bool is_document(std::string_view body) {
  tree::Arena arena;
  auto parsed = tree::parse(body, arena);
  return parsed.ok() && parsed->has("@context");
}

// The local identifier in an address of ours, on whatever host: the same broker has several names.
std::string_view local_id(std::string_view url) {
  const std::size_t scheme = url.find("://"), path = scheme == std::string_view::npos ? 0 : url.find('/', scheme + 3);
  if (path == std::string_view::npos || !url.substr(path).starts_with(HostedContexts::kPath)) return {};
  return url.substr(path + HostedContexts::kPath.size());
}

}  // namespace

std::vector<store::Migration> HostedContexts::migrations() { return sql_migrations_hosted_contexts(); }

std::string_view context_kind_name(ContextKind kind) {
  return kind == ContextKind::hosted ? "Hosted" : kind == ContextKind::cached ? "Cached" : "ImplicitlyCreated";
}

std::optional<ContextKind> context_kind_of(std::string_view name) {
  for (const ContextKind kind : {ContextKind::hosted, ContextKind::cached, ContextKind::implicitly_created})
    if (lower_ascii(name) == lower_ascii(context_kind_name(kind))) return kind;
  return std::nullopt;
}

HostedContexts::HostedContexts(store::Store& store, const outbound::Outbound* outbound, Clock& clock, Rng& rng, Options options)
    : store_(store), outbound_(outbound), clock_(clock), rng_(rng), options_(std::move(options)) {}

Result<std::unique_ptr<HostedContexts>> HostedContexts::open(store::Store& store, const outbound::Outbound* outbound, Clock& clock, Rng& rng, Options options) {
  std::unique_ptr<HostedContexts> out(new HostedContexts(store, outbound, clock, rng, std::move(options)));
  MACHIYA_TRY(auto rows, store.read([](store::ReadTx& tx) { return dao::contexts(tx); }));
  for (StoredContext& c : rows) {
    if (c.kind == ContextKind::cached) out->cached_[c.url] = c.id;
    const std::string id = c.id;
    out->by_id_.emplace(id, std::move(c));
  }
  return out;
}

const StoredContext* HostedContexts::look(std::string_view tenant, std::string_view id_or_url) const {
  auto it = by_id_.find(id_or_url);
  if (it == by_id_.end())
    if (const auto cached = cached_.find(id_or_url); cached != cached_.end()) it = by_id_.find(cached->second);
  if (it == by_id_.end())
    if (const std::string_view id = local_id(id_or_url); !id.empty()) it = by_id_.find(id);
  const bool mine = it != by_id_.end() && (it->second.kind == ContextKind::cached || it->second.tenant == tenant);
  return mine ? &it->second : nullptr;
}

Result<std::string> HostedContexts::load(const std::string& url) {
  if (options_.own)
    if (auto text = options_.own(url)) return std::move(*text);
  const std::int64_t now = clock_.now().us;
  {
    std::lock_guard hold(mutex_);
    auto it = by_id_.end();
    if (const std::string_view id = local_id(url); !id.empty()) it = by_id_.find(id);
    if (it == by_id_.end())
      if (const auto cached = cached_.find(url); cached != cached_.end()) it = by_id_.find(cached->second);
    if (it != by_id_.end() && (it->second.kind != ContextKind::cached || now < it->second.created_us + options_.cached_us)) {
      ++it->second.hits, it->second.used_us = now;
      return it->second.body;
    }
  }
  MACHIYA_TRY(std::string body, fetch(url));
  // Whether it can be kept does not decide whether it can be used.
  (void)keep({new_public_id(rng_), "", ContextKind::cached, url, body, now, now, 1});
  return body;
}

Result<std::string> HostedContexts::fetch(const std::string& url) const {
  std::string body;
  if (const auto file = options_.files.find(url); file != options_.files.end()) {
    std::ifstream in(file->second, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Error(ErrorCode::unavailable, "the file of this context cannot be read: " + url);
    body = text.str();
  } else {
    if (outbound_ == nullptr) return Error(ErrorCode::unavailable, "this context is not fetched: " + url);
    outbound::Call call;
    call.url = url, call.most_bytes = options_.most_bytes;
    call.headers = {{"Accept", "application/ld+json, application/json;q=0.9"}};
    auto answer = outbound_->call(call);
    if (!answer.ok()) return Error(ErrorCode::unavailable, "this context cannot be fetched: " + url + ": " + answer.error().detail);
    if (answer->status < 200 || answer->status > 299) return Error(ErrorCode::unavailable, "this context cannot be fetched: " + url + " answers " + std::to_string(answer->status));
    body = std::move(answer->body);
  }
  if (body.size() > options_.most_bytes || !is_document(body)) return Error(ErrorCode::unavailable, "this is no JSON-LD context: " + url);
  return body;
}

Result<void> HostedContexts::keep(StoredContext context) {
  {
    std::lock_guard hold(mutex_);
    if (const auto there = cached_.find(context.url); context.kind == ContextKind::cached && there != cached_.end()) context.id = there->second;   // fetched anew
    if (!by_id_.contains(context.id) && by_id_.size() >= options_.most) return Error(ErrorCode::limit_exceeded, "too many contexts are kept");
  }
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return dao::put_context(tx, context); }));
  std::lock_guard hold(mutex_);
  if (context.kind == ContextKind::cached) cached_[context.url] = context.id;
  const std::string id = context.id;
  by_id_.insert_or_assign(id, std::move(context));
  return {};
}

Result<std::string> HostedContexts::add(std::string_view tenant, std::string body, ContextKind kind) {
  if (body.size() > options_.most_bytes) return Error(ErrorCode::too_large, "the context is too large");
  const std::string id = new_public_id(rng_);
  MACHIYA_CHECK(keep({id, std::string(tenant), kind, "", std::move(body), clock_.now().us, 0, 0}));
  return id;
}

std::optional<StoredContext> HostedContexts::find(std::string_view tenant, std::string_view id_or_url) const {
  std::lock_guard hold(mutex_);
  const StoredContext* there = look(tenant, id_or_url);
  return there != nullptr ? std::optional(*there) : std::nullopt;
}

std::vector<StoredContext> HostedContexts::list(std::string_view tenant, std::optional<ContextKind> kind) const {
  std::vector<StoredContext> out;
  {
    std::lock_guard hold(mutex_);
    for (const auto& [id, c] : by_id_)
      if ((c.kind == ContextKind::cached || c.tenant == tenant) && (!kind || *kind == c.kind)) out.push_back(c);
  }
  std::ranges::stable_sort(out, {}, &StoredContext::created_us);
  return out;
}

Result<void> HostedContexts::remove(std::string_view tenant, std::string_view id_or_url) {
  const auto there = find(tenant, id_or_url);
  if (!there) return absent();
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return dao::delete_context(tx, there->id); }));
  std::lock_guard hold(mutex_);
  by_id_.erase(there->id);
  if (there->kind == ContextKind::cached) cached_.erase(there->url);
  return {};
}

Result<void> HostedContexts::reload(std::string_view tenant, std::string_view id_or_url) {
  auto there = find(tenant, id_or_url);
  if (!there) return absent();
  if (there->kind != ContextKind::cached) return Error(ErrorCode::invalid_input, "only what was fetched can be fetched anew", "reload");
  MACHIYA_TRY(there->body, fetch(there->url));
  there->created_us = clock_.now().us;
  return keep(std::move(*there));
}

Result<std::vector<std::string>> HostedContexts::expire() {
  const std::int64_t now = clock_.now().us;
  std::vector<std::string> out;
  for (const StoredContext& c : list("", ContextKind::cached)) {
    if (now < c.created_us + options_.cached_us) continue;
    MACHIYA_CHECK(remove("", c.id));
    out.push_back(c.url);
  }
  return out;
}

}  // namespace machiya::sense
