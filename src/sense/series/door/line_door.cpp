#include "sense/series/door/line_door.h"

#include <deque>
#include <map>

#include "base/json.h"
#include "base/time.h"
#include "platform/http/http.h"

namespace machiya::sense::series {
namespace {

constexpr std::size_t kMostProblems = 10;

/// The values of one field of one measurement, while a body is read.
struct Column {
  std::string_view measurement, field;   ///< as written
  MeasurementId id = 0;
  std::vector<std::string_view> keys;
  std::vector<std::uint32_t> points;     ///< places in the batch
};

class Body {
 public:
  Body(Store& store, std::string_view tenant, std::int64_t now_us) : store_(store), tenant_(tenant), now_us_(now_us) {}

  Result<LinesWritten> write(std::string_view text, payloads::Precision precision) {
    payloads::LineReader reader(text, precision);
    points_.reserve(text.size() / 32);
    for (;;) {
      const auto got = reader.next();
      if (got == payloads::LineReader::Got::end) break;
      if (got == payloads::LineReader::Got::error) problem(reader.error.number, std::string(reader.error.what));
      else MACHIYA_CHECK(take(reader.line));
    }
    MACHIYA_CHECK(name());
    if (points_.empty()) return std::move(out_);
    MACHIYA_TRY(const Appended done, store_.append(points_));
    out_.points = done.written, out_.too_old = done.too_old;
    return std::move(out_);
  }

 private:
  Result<void> take(const payloads::Line& line) {
    std::string_view key = line.tags;
    if (!line.tags_in_order) {
      payloads::put_in_order(line.tags, ordered_.emplace_back());
      key = ordered_.back();
    }
    std::size_t place = 0;
    for (const payloads::Field& field : line.fields) {
      if (field.kind == payloads::FieldKind::text) {
        problem(line.number, "field " + std::string(field.key) + " is a text; series hold numbers");
        continue;
      }
      MACHIYA_TRY(Column* const column, column_of(line.measurement, field.key, place++));
      column->keys.push_back(key);
      column->points.push_back(static_cast<std::uint32_t>(points_.size()));
      points_.push_back({0, line.time_us == payloads::Line::kNoTime ? now_us_ : line.time_us, field.number, Quality::good});
    }
    return {};
  }
  /// Lines mostly have the same fields in the same places.
  Result<Column*> column_of(std::string_view measurement, std::string_view field, std::size_t place) {
    const auto fits = [&](const Column& c) { return c.field == field && c.measurement == measurement; };
    if (place < columns_.size() && fits(columns_[place])) return &columns_[place];
    if (const auto at = by_name_.find({measurement, field}); at != by_name_.end()) return at->second;
    std::string name;
    payloads::unescape(measurement, name);
    name.push_back('\x1f');
    payloads::unescape(field, name);
    MACHIYA_TRY(const MeasurementId id, store_.measurement(tenant_, name));
    columns_.push_back({measurement, field, id, {}, {}});
    return by_name_[{measurement, field}] = &columns_.back();
  }
  /// Finds or makes the series of all points.
  Result<void> name() {
    std::vector<SeriesId> ids;
    for (const Column& c : columns_) {
      ids.resize(c.keys.size());
      MACHIYA_CHECK(store_.open_many(c.id, c.keys, ids.data()));
      for (std::size_t i = 0; i < ids.size(); ++i) points_[c.points[i]].series = ids[i];
    }
    return {};
  }
  void problem(std::size_t line, const std::string& what) {
    ++out_.wrong;
    if (out_.problems.size() < kMostProblems) out_.problems.push_back("line " + std::to_string(line) + ": " + what);
  }

  Store& store_;
  std::string_view tenant_;
  std::int64_t now_us_;
  std::vector<Point> points_;
  std::deque<Column> columns_;
  std::map<std::pair<std::string_view, std::string_view>, Column*> by_name_;
  std::deque<std::string> ordered_;
  LinesWritten out_;
};

http::Response answer(const LinesWritten& written) {
  http::Response r;
  if (written.wrong == 0 && written.too_old == 0) {
    r.status = 204;
    return r;
  }
  std::string text = "partial write: ";
  for (const auto& p : written.problems) text += p + "; ";
  if (written.too_old > 0) text += std::to_string(written.too_old) + " values are older than what is kept; ";
  json::Value body = json::Value::object();
  body.set("error", text + "dropped=" + std::to_string(written.wrong + written.too_old));
  return http::json(body, 400);
}

}  // namespace

Result<LinesWritten> write_lines(Store& store, std::string_view tenant, std::string_view body, payloads::Precision precision, std::int64_t now_us) {
  return Body(store, tenant, now_us).write(body, precision);
}

void add_line_route(http::Router& router, const std::string& path, const http::RouteOptions& options, Store& store, std::string tenant, const Clock& clock) {
  router.post(path, options, [&store, &clock, tenant = std::move(tenant)](http::Request& request) {
    payloads::Precision precision;
    if (!payloads::Precision::parse(request.query("precision").value_or(""), precision))
      return http::problem({ErrorCode::malformed_request, "precision is none of ns, us, ms, s, m, h", "precision"}, request);
    auto written = write_lines(store, tenant, request.body, precision, clock.now().us);
    return written.ok() ? answer(*written) : http::problem(written.error(), request);
  });
}

}  // namespace machiya::sense::series
