/// A provider that fetches many contents faster in one order than in another, such as that in which they lie on a disk.
public protocol FetchOrderProvider: ContentProvider {
  /// The places of contents in the best order: `result[0]` is the place of the one that is to be fetched first. All places
  /// are in it, once each; what the provider does not know comes last.
  ///
  /// Asked before many contents are fetched. It is only advice: others are fetched meanwhile, and several at once.
  func fetchOrder(of contents: [ContentID]) async throws -> [Int]
}
