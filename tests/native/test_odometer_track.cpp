#include <gtest/gtest.h>

#include "core/windows/odometer_track.hpp"

namespace clear_native {
namespace {

OdometerTrack track_of(std::initializer_list<OdometerReading> readings) {
  OdometerTrack track;
  for (const OdometerReading& reading : readings) track.add(reading);
  return track;
}

TEST(OdometerTrack, InterpolatesBetweenReadings) {
  const OdometerTrack track = track_of({{1, 10}, {2, 20}, {4, 80}});
  EXPECT_DOUBLE_EQ(*track.passes_at(1.5), 15);
  EXPECT_DOUBLE_EQ(*track.passes_at(2), 20);
  EXPECT_DOUBLE_EQ(*track.passes_at(3), 50);
  EXPECT_DOUBLE_EQ(*track.passes_at(1), 10);
  EXPECT_DOUBLE_EQ(*track.passes_at(4), 80);
}

TEST(OdometerTrack, GoesOnAtTheRateOfTheNearerHalf) {
  const OdometerTrack track = track_of({{0, 0}, {1, 1}, {2, 2}, {3, 12}, {4, 22}});
  EXPECT_DOUBLE_EQ(*track.passes_at(4.5), 27);
  EXPECT_DOUBLE_EQ(*track.passes_at(-1), -1);
}

TEST(OdometerTrack, LeavesOutReadingsWithoutProgress) {
  const OdometerTrack track = track_of({{1, 10}, {1, 10}, {2, 10}, {3, 30}});
  ASSERT_EQ(track.readings().size(), 2U);
  EXPECT_DOUBLE_EQ(*track.passes_at(2), 20);
}

TEST(OdometerTrack, SaysNothingFromOneReading) {
  EXPECT_FALSE(track_of({}).passes_at(1));
  EXPECT_FALSE(track_of({{1, 10}}).passes_at(1));
  EXPECT_FALSE(track_of({{1, 10}, {2, 20}}).time_per_pass_s(1.5, 3));
}

TEST(OdometerTrack, TimePerPassIsTheSlopeInsideTheStretch) {
  const OdometerTrack track = track_of({{0, 0}, {1, 100}, {2, 110}, {3, 120}, {4, 130}, {5, 500}});
  EXPECT_NEAR(*track.time_per_pass_s(1, 4), 0.1, 1e-12);
  EXPECT_EQ(track.readings_within(1, 4).size(), 4U);
}

}  // namespace
}  // namespace clear_native
