import Glibc

/// Where random tests of this module start, and how far they go: `PROJFS_SEED` and `PROJFS_SEEDS`, if they are set.
enum TestSeed {
  /// The first seed.
  static var any: UInt64 {
    getenv("PROJFS_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 1...999_999)
  }

  /// How many seeds a random test tries.
  static func count(_ short: Int) -> Int { getenv("PROJFS_SEEDS").flatMap { Int(String(cString: $0)) } ?? short }
}
