#include <algorithm>
#include <array>
#include <exception>
#include <map>

#include "base/log.h"
#include "platform/http/http.h"

namespace machiya::http {
namespace {
constexpr std::size_t kMethods = 7;

/// The text of one path segment as a parameter: "%2F" and "%25", which the path keeps, become "/" and "%".
std::string segment_text(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const std::string_view escape = segment.substr(i, 3);
    if (escape == "%2F" || escape == "%25") {
      out += escape == "%2F" ? '/' : '%';
      i += 2;
    } else {
      out += segment[i];
    }
  }
  return out;
}

/// One node of the trie of path segments. Routes are indexes into the route list, -1 for none.
struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literal;
  std::unique_ptr<Node> any;   ///< "{name}"
  std::unique_ptr<Node> tail;  ///< "{name*}": takes the rest, at least one character
  std::array<int, kMethods> route;
  Node() { route.fill(-1); }
  bool used() const { return std::any_of(route.begin(), route.end(), [](int r) { return r >= 0; }); }
};

using Values = std::vector<std::string_view>;

/// All nodes that match, best first: literal before parameter before tail. Stops when `visit` returns true.
template <class Visit>
bool walk(const Node& node, std::string_view rest, Values& values, const Visit& visit) {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  const bool last = end == rest.size();
  auto step = [&](const Node& next) { return last ? next.used() && visit(next) : walk(next, rest.substr(end + 1), values, visit); };
  if (auto it = node.literal.find(segment); it != node.literal.end() && step(*it->second)) return true;
  if (node.any && !segment.empty()) {
    values.push_back(segment);
    if (step(*node.any)) return true;
    values.pop_back();
  }
  if (node.tail && !rest.empty()) {
    values.push_back(rest);
    if (visit(*node.tail)) return true;
    values.pop_back();
  }
  return false;
}

bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{' && segment.back() == '}'; }
}  // namespace

struct Router::Impl {
  Node root;
  std::vector<Route> routes;
  std::vector<std::vector<std::string>> names;  ///< of each route's parameters
  std::vector<Gate> gates, head_gates;
  std::vector<Finisher> finishers;

  Response answer(const Router& router, Request& request) const;
};

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;

void Router::add(Method method, std::string pattern, RouteOptions options, Handler handler) {
  MACHIYA_ASSERT(!pattern.empty() && pattern.front() == '/');
  Node* node = &impl_->root;
  std::vector<std::string> names;
  std::string_view rest = std::string_view(pattern).substr(1);
  for (bool more = true; more;) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    more = end < rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::unique_ptr<Node>* next = nullptr;
    if (is_parameter(segment)) {
      const bool takes_rest = segment[segment.size() - 2] == '*';
      MACHIYA_ASSERT(!takes_rest || !more);
      names.emplace_back(segment.substr(1, segment.size() - (takes_rest ? 3 : 2)));
      next = takes_rest ? &node->tail : &node->any;
    } else {
      next = &node->literal[std::string(segment)];
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  int& slot = node->route[static_cast<std::size_t>(method)];
  MACHIYA_ASSERT(slot < 0);  // the same method and pattern twice is a bug of the wiring
  slot = static_cast<int>(impl_->routes.size());
  impl_->routes.push_back({method, std::move(pattern), std::move(options), std::move(handler)});
  impl_->names.push_back(std::move(names));
}

void Router::gate(Gate gate) { impl_->gates.push_back(std::move(gate)); }
void Router::head_gate(Gate gate) { impl_->head_gates.push_back(std::move(gate)); }
void Router::finisher(Finisher finisher) { impl_->finishers.push_back(std::move(finisher)); }
const std::vector<Route>& Router::routes() const { return impl_->routes; }

const Route* Router::match(Method method, std::string_view path, Pairs& params, std::vector<Method>& allowed) const {
  if (path.empty() || path.front() != '/') return nullptr;
  int found = -1;
  Values values;
  walk(impl_->root, path.substr(1), values, [&](const Node& node) {
    int index = node.route[static_cast<std::size_t>(method)];
    if (index < 0 && method == Method::head) index = node.route[static_cast<std::size_t>(Method::get)];
    if (index < 0) {
      for (std::size_t m = 0; m < kMethods; ++m)
        if (node.route[m] >= 0) allowed.push_back(static_cast<Method>(m));
      return false;
    }
    found = index;
    return true;
  });
  if (found < 0) {
    if (std::count(allowed.begin(), allowed.end(), Method::get)) allowed.push_back(Method::head);
    std::sort(allowed.begin(), allowed.end());
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    return nullptr;
  }
  allowed.clear();
  const auto& names = impl_->names[static_cast<std::size_t>(found)];
  for (std::size_t i = 0; i < names.size(); ++i) params.emplace_back(names[i], segment_text(values[i]));
  return &impl_->routes[static_cast<std::size_t>(found)];
}

Response Router::Impl::answer(const Router& router, Request& request) const {
  if (request.method == Method::options && request.target == "*") return Response{204, {}, {}, {}, {}};
  std::vector<Method> allowed;
  request.params.clear();
  const Route* route = router.match(request.method, request.path, request.params, allowed);
  if (!route) {
    if (allowed.empty()) return problem(ErrorCode::not_found, request);
    std::string list = "OPTIONS";
    for (Method m : allowed)
      if (m != Method::options) list += ", " + std::string(method_name(m));
    Response r = request.method == Method::options ? Response{204, {}, {}, {}, {}} : problem(ErrorCode::method_not_allowed, request);
    r.header("Allow", std::move(list));
    return r;
  }
  for (const Gate& gate : gates)
    if (auto early = gate(request, *route)) return std::move(*early);
  return route->handler(request);
}

std::optional<Response> Router::refuse_head(Request& request, const Route& route) const {
  try {
    for (const Gate& gate : impl_->head_gates)
      if (auto early = gate(request, route)) return early;
  } catch (const std::exception& e) {
    return failure(request, e.what());
  }
  return std::nullopt;
}

void Router::finish(const Request& request, Response& response) const {
  for (const Finisher& finisher : impl_->finishers) finisher(request, response);
}

Response Router::failure(const Request& request, std::string_view what) const {
  log(LogLevel::error, "http-incident",
      {{"incident", request.id}, {"method", std::string(method_name(request.method))}, {"what", std::string(what)}});
  Response r = problem(Error(ErrorCode::internal), request);
  r.header("X-Incident-Id", request.id);
  return r;
}

Response Router::dispatch(Request& request) const {
  Response response;
  try {
    response = impl_->answer(*this, request);
  } catch (const std::exception& e) {
    response = failure(request, e.what());
  } catch (...) {
    response = failure(request, "unknown exception");
  }
  try {
    finish(request, response);
  } catch (const std::exception& e) {
    response = failure(request, e.what());
  }
  return response;
}

}  // namespace machiya::http
