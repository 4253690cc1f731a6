// How NGSIv2 wants to be told: what triggers, what an entity looks like, and the message around it (http, httpCustom, mqtt, mqttCustom). Pure.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sense/entities/codec.h"
#include "sense/jsonld/contexts.h"
#include "sense/subscriptions/notification.h"
#include "sense/v2/view.h"

namespace machiya::sense {

/// The form of one subscription; immutable. Each message is about one entity: its service path stands in a header.
class V2Form {
 public:
  /// Fills query, triggers and endpoint of `out` from what is kept (v2_text.h), and makes its form. invalid_input.
  static Result<void> compile(const tree::Value& kept, Contexts& contexts, Subscription& out);

  /// Does what happened count (alterationTypes, condition.attrs, notifyOnMetadataChange)?
  bool triggered(const Record& record) const;
  /// One text: {"path": service path, "entity": …, "values": entity in keyValues for macros}.
  std::vector<std::string> data(const Record& record) const;
  Parcel parcel(const Subscription& subscription, const std::string& id, const std::vector<std::string>& data) const;

 private:
  explicit V2Form(TermsPtr terms) : names_(std::move(terms)) {}
  enum class Simplified : std::uint8_t { no, yes };

  ngsiv2::NameMap names_;
  ngsiv2::View view_;
  std::string format_ = "normalized";
  bool alone_ = false;                     ///< the message is the entity itself (simplified…)
  bool only_changed_ = false, on_metadata_ = true;
  bool on_create_ = true, on_change_ = true, on_update_ = false, on_delete_ = false;
  std::vector<std::string> watched_;       ///< IRIs; empty: any
  bool mqtt_ = false, custom_ = false;
  std::string target_;                     ///< JSON of http, httpCustom, mqtt or mqttCustom

  Result<void> read_subject(const tree::Value& subject, Subscription& out);
  void read_notification(const tree::Value& notification);
  bool counts(const Record& record, const AttributeChange& change) const;
  ngsiv2::View view_of(const Record& record) const;
  void fill(const Subscription& subscription, const tree::Value& message, Parcel& out) const;
};

}  // namespace machiya::sense
