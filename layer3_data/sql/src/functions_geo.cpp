// Functions on GeoJSON.
#include <algorithm>
#include <avila/sql/geo.hpp>
#include <cmath>
#include <numbers>

#include "functions.hpp"

namespace avila::sql {

namespace {

constexpr double kRadius = 6'371'008.8;  // IUGG mean radius, metres
double radians(double degrees) { return degrees * (std::numbers::pi / 180.0); }

std::optional<GeoPoint> checked(const Datum& longitude, const Datum& latitude) {
  if (!longitude.is_number() || !latitude.is_number()) return std::nullopt;
  const GeoPoint point{longitude.as_double(), latitude.as_double()};
  if (std::fabs(point.longitude) > 180 || std::fabs(point.latitude) > 90) return std::nullopt;
  return point;
}

/// Even-odd rule over the rings of one polygon, on the plane of longitude and latitude.
bool inside_rings(const Datum& rings, GeoPoint p, Context& context) {
  bool inside = false;
  rings.each([&](const Datum& ring) {
    std::optional<GeoPoint> last;
    ring.each([&](const Datum& corner) {
      const auto here = checked(corner.at(0), corner.at(1));
      if (here && last && (here->latitude > p.latitude) != (last->latitude > p.latitude) &&
          p.longitude < (last->longitude - here->longitude) * (p.latitude - here->latitude) /
                                (last->latitude - here->latitude) +
                            here->longitude)
        inside = !inside;
      last = here;
      return context.tick();
    });
    return true;
  });
  return inside;
}

std::optional<bool> within(GeoPoint point, const Datum& area, Context& context) {
  const Datum type = area.find("type"), coordinates = area.find("coordinates");
  if (!type.is_string()) return std::nullopt;
  if (type.as_string() == "Feature") return within(point, area.find("geometry"), context);
  if (type.as_string() == "Polygon") return inside_rings(coordinates, point, context);
  if (type.as_string() != "MultiPolygon") return std::nullopt;
  bool inside = false;
  coordinates.each([&](const Datum& polygon) {
    inside = inside_rings(polygon, point, context);
    return !inside;
  });
  return inside;
}

Datum st_distance(Context&, Args a) {
  const auto x = geo_point(a[0]), y = geo_point(a[1]);
  return x && y ? Datum::number(geo_distance(*x, *y)) : Datum();
}

Datum st_within(Context& context, Args a) {
  if (const auto point = geo_point(a[0])) {
    if (const auto answer = within(*point, a[1], context)) return Datum::boolean(*answer);
  } else if (a[0].find("type").is_string() && a[0].find("type").as_string() == "LineString") {
    bool all = true, known = false;
    a[0].find("coordinates").each([&](const Datum& corner) {
      const auto p = checked(corner.at(0), corner.at(1));
      const auto answer = p ? within(*p, a[1], context) : std::nullopt;
      known = answer.has_value();
      return all = answer.value_or(false);
    });
    if (known) return Datum::boolean(all);
  }
  return {};
}

Datum st_geohash(Context& context, Args a) {
  std::int64_t length = 8;
  const auto point = geo_point(a[0]);
  if (!point || (a.size() > 1 && (!a[1].is_number() || !a[1].whole(length)))) return {};
  if (length < 1 || length > 12) return {};
  return make_string(context, geohash(*point, static_cast<std::size_t>(length)));
}

Datum st_point(Context& context, Args a) {
  const auto point = checked(a[0], a[1]);
  if (!point) return {};
  Datum* pair = context.arena->array<Datum>(2);
  new (&pair[0]) Datum(a[0]);
  new (&pair[1]) Datum(a[1]);
  auto* members = context.arena->array<DatumMember>(2);
  new (&members[0]) DatumMember{"type", Datum::string("Point")};
  new (&members[1]) DatumMember{"coordinates", Datum::array(pair, 2)};
  return Datum::object(members, 2);
}

Datum st_isvalid(Context&, Args a) {
  if (geo_point(a[0])) return Datum::boolean(true);
  const Datum type = a[0].find("type"), coordinates = a[0].find("coordinates");
  if (!type.is_string() || !coordinates.is_array()) return Datum::boolean(false);
  const auto ring = [](const Datum& r) {
    bool fine = r.is_array() && r.size() >= 4 && equal(r.at(0), r.at(r.size() - 1));
    r.each([&](const Datum& corner) { return fine = fine && checked(corner.at(0), corner.at(1)); });
    return fine;
  };
  const auto polygon = [&](const Datum& rings) {
    bool fine = rings.is_array() && rings.size() > 0;
    rings.each([&](const Datum& r) { return fine = fine && ring(r); });
    return fine;
  };
  if (type.as_string() == "Polygon") return Datum::boolean(polygon(coordinates));
  if (type.as_string() == "MultiPolygon") {
    bool fine = coordinates.size() > 0;
    coordinates.each([&](const Datum& rings) { return fine = fine && polygon(rings); });
    return Datum::boolean(fine);
  }
  if (type.as_string() == "LineString") {
    bool fine = coordinates.size() >= 2;
    coordinates.each(
        [&](const Datum& corner) { return fine = fine && checked(corner.at(0), corner.at(1)); });
    return Datum::boolean(fine);
  }
  return Datum::boolean(false);
}

constexpr Function kFunctions[] = {
    {"ST_DISTANCE", 2, 2, st_distance, "ST_DISTANCE(point, point): metres"},
    {"ST_WITHIN", 2, 2, st_within, "ST_WITHIN(point, polygon)"},
    {"ST_GEOHASH", 1, 2, st_geohash, "ST_GEOHASH(point [, length])"},
    {"ST_POINT", 2, 2, st_point, "ST_POINT(longitude, latitude)"},
    {"ST_ISVALID", 1, 1, st_isvalid, "ST_ISVALID(geometry)"},
};

}  // namespace

std::span<const Function> geo_functions() noexcept { return kFunctions; }

std::optional<GeoPoint> geo_point(const Datum& value) {
  if (value.is_array()) {
    if (value.size() < 2) return std::nullopt;
    return checked(value.at(0), value.at(1));
  }
  if (!value.is_object()) return std::nullopt;
  const Datum type = value.find("type");
  if (type.is_string()) {
    if (type.as_string() == "Feature") return geo_point(value.find("geometry"));
    if (type.as_string() == "Point")
      return checked(value.find("coordinates").at(0), value.find("coordinates").at(1));
  }
  Datum latitude = value.find("lat"), longitude = value.find("lon");
  if (latitude.is_undefined()) latitude = value.find("latitude");
  if (longitude.is_undefined()) longitude = value.find("lng");
  if (longitude.is_undefined()) longitude = value.find("longitude");
  return checked(longitude, latitude);
}

std::string geohash(GeoPoint point, std::size_t length) {
  static constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  double west = -180, east = 180, south = -90, north = 90;
  std::string hash;
  bool horizontal = true;
  for (std::size_t i = 0; i < length; ++i) {
    unsigned value = 0;
    for (int bit = 0; bit < 5; ++bit, horizontal = !horizontal) {
      double& low = horizontal ? west : south;
      double& high = horizontal ? east : north;
      const double middle = (low + high) / 2;
      const bool upper = (horizontal ? point.longitude : point.latitude) >= middle;
      value = value * 2 + (upper ? 1 : 0);
      (upper ? low : high) = middle;
    }
    hash += kAlphabet[value];
  }
  return hash;
}

double geo_distance(GeoPoint a, GeoPoint b) {
  const double dlat = radians(b.latitude - a.latitude), dlon = radians(b.longitude - a.longitude);
  const double h = std::sin(dlat / 2) * std::sin(dlat / 2) +
                   std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) *
                       std::sin(dlon / 2) * std::sin(dlon / 2);
  return 2 * kRadius * std::asin(std::min(1.0, std::sqrt(h)));
}

}  // namespace avila::sql
