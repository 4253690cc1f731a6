// All context providers of NGSIv2: durable in the house's database, whole in memory; readers take an immutable snapshot of their tenant. And the way to them.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "sense/federation/sender.h"
#include "sense/providers/provider.h"

namespace machiya::sense {

/// Any thread may call.
class Providers {
 public:
  static std::vector<store::Migration> migrations();
  /// `store` must be migrated; everything given must outlive this. `call` as Outbound::call; `alias`: who this broker is in Via.
  static Result<std::unique_ptr<Providers>> open(store::Store& store, Clock& clock, Rng& rng, federation::Sender::Call call, std::string alias);
  ~Providers();

  /// The id: 24 hexadecimal digits. invalid_input.
  Result<std::string> create(const std::string& tenant, const std::string& path, const tree::Value& body);
  /// not_found, invalid_input.
  Result<void> update(const std::string& tenant, const std::string& id, const tree::Value& fragment);
  /// not_found.
  Result<void> remove(const std::string& tenant, const std::string& id);
  /// nullptr: there is none.
  ProviderPtr find(std::string_view tenant, std::string_view id) const;
  std::string text(const Provider& provider) const;

  /// All of a tenant in the order in which they came. Never nullptr, never changes.
  using Snapshot = std::shared_ptr<const std::vector<ProviderPtr>>;
  Snapshot all(std::string_view tenant) const;
  /// Those that count now and stand at one of these paths.
  std::vector<ProviderPtr> here(std::string_view tenant, const ServicePaths& paths) const;

  struct Forward {
    ProviderPtr provider;
    std::string target;            ///< "/op/query"
    federation::Headers headers;
    std::string body;
  };
  /// Answers in the order of what is sent; blocks until all are there, each at most its time. How it went is counted.
  std::vector<federation::Reply> send(const std::vector<Forward>& forwards);
  const std::string& alias() const;
  /// Writes what was counted. For a job, and at the end.
  Result<void> flush();

 private:
  struct Inside;
  explicit Providers(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> in_;
};

}  // namespace machiya::sense
