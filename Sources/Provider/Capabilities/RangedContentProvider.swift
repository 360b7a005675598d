/// A provider that can fetch a part of a content.
///
/// Of such a provider, large files are hydrated piece by piece: a reader waits for the piece that it needs and not for the
/// file. How large is large, the view decides. A complete file is verified, where the provider is a `ContentVerifier`,
/// before it is kept.
public protocol RangedContentProvider: ContentProvider {
  /// Writes the bytes of `range`, which is not empty and lies within the content's size, into `sink`, in order.
  ///
  /// Exactly these: a provider that gives fewer or more has failed. The sink has no descriptor. Ranges of one content may be
  /// asked for concurrently, in any order, and again after a failure.
  func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws
}
