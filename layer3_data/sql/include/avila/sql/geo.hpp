// Points and geohashes, for the geo functions and for geographic partition keys.
#pragma once
#include <avila/sql/datum.hpp>
#include <optional>

namespace avila::sql {

struct GeoPoint {
  double longitude = 0, latitude = 0;  ///< degrees
};

/// GeoJSON Point, [longitude, latitude], or an object with lat/latitude and lon/lng/longitude.
std::optional<GeoPoint> geo_point(const Datum& value);
/// Base-32 geohash of 1 to 12 characters.
std::string geohash(GeoPoint point, std::size_t length);
/// Metres on the sphere of mean radius 6,371,008.8 m (haversine; within 0.56 % of the ellipsoid).
double geo_distance(GeoPoint a, GeoPoint b);

}  // namespace avila::sql
