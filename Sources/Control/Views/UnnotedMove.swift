/// A move to another tree that a view shows before it is noted what has changed where nobody had looked: whoever finds it
/// compares the trees and notes it, with the same times and numbers.
package struct UnnotedMove: Codable, Sendable, Equatable {
  /// The id of the tree that was shown before.
  package var old: String
  /// That of the tree that is shown.
  package var new: String
  /// When it came, in seconds since 1970.
  package var seconds: Int64
  /// What is to be added to the seconds.
  package var nanoseconds: UInt32
  /// With which renewal paths that are new get their numbers.
  package var renewal: UInt64

  /// A move.
  package init(old: String, new: String, seconds: Int64, nanoseconds: UInt32, renewal: UInt64) {
    self.old = old
    self.new = new
    self.seconds = seconds
    self.nanoseconds = nanoseconds
    self.renewal = renewal
  }
}
