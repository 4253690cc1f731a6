// Which subscriptions may be concerned by a change: by id, by type and watched attribute, by a text that q wants. So that ten thousand of them cost no more than
// the few that are.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/broker/image.h"
#include "sense/subscriptions/delivery.h"

namespace machiya::sense {

/// Of one tenant. One thread changes it while nobody reads. Periodic subscriptions are not in it.
class SubscriptionIndex {
 public:
  void put(const SlotPtr& slot, const SubscriptionPtr& subscription);
  /// Takes as long as there are subscriptions.
  void erase(const SlotPtr& slot);
  /// Every subscription that may fire, each once; some may not.
  void candidates(const Record& record, std::vector<SlotPtr>& out) const;

 private:
  using List = std::vector<SlotPtr>;
  /// Those of one type (or of any): the most telling fact decides where one stands.
  struct Group {
    ByText<ByText<List>> by_value;     ///< attribute → text that an instance of it must have
    ByText<List> by_watched;           ///< attribute that must have changed
    List others;
    bool empty() const { return by_value.empty() && by_watched.empty() && others.empty(); }
  };
  ByText<List> by_id_;
  ByText<Group> by_type_;
  Group of_any_type_;

  template <class Do> void each_place(const Subscription& subscription, const Do& act);
  static void erase_from(Group& group, const SlotPtr& slot);
  static void collect(const Group& group, const Record& record, std::vector<SlotPtr>& out);
};

}  // namespace machiya::sense
