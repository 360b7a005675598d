/// A provider that can fetch a piece of a content.
///
/// Large contents are then hydrated piece by piece: who reads waits for the piece that is read and not for the file.
public protocol RangedContentProvider: ContentProvider {
  /// Writes exactly the bytes of `range` into `sink`, in order. The range is not empty and lies within the content.
  ///
  /// Pieces of one content are asked for concurrently.
  func fetch(_ content: ContentID, range: Range<Int64>, into sink: inout ContentSink) async throws
}
