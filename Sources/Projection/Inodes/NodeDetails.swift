package import Posix
internal import Provider

/// What is kept of a node beside its record. Most nodes have nothing of it.
struct NodeDetails: Sendable {
  /// The number that stat(2) shows, where it is not made from the local inode's.
  var inode: UInt64?
  /// What a dirty placeholder stands for.
  var placeholder: Placeholder?
  /// The way to a local file that has no name any more, or none that is known.
  var held: HeldFile?
  /// The local inode number, where the file has several names, so that all of them lead here.
  var localInode: UInt64?
  /// Names beside the first.
  var aliases: [Alias] = []
  /// A change of the local inode that is nobody's business.
  var hiddenChange: HiddenChange?
  /// When one of the provider's files lost its name.
  var removed: TimeStamp?
  /// What is shown of a node that stays as it was for who has it open.
  var frozen: NodeAttributes?
  /// Whether it may still be opened for reading, though frozen: the projection moved, and nobody wrote.
  var opensFrozen = false

  /// A further name of a node.
  struct Alias: Sendable, Equatable {
    let parent: UInt32
    let key: NameKey
  }
}

/// The content behind a dirty placeholder, and the times that users see, which the local inode loses while it is filled.
struct Placeholder: Sendable {
  /// What a read gives.
  var content: ContentID
  /// Its length in bytes.
  var size: Int64
  /// When it was last read.
  var accessed: TimeStamp
  /// When it last changed.
  var modified: TimeStamp
}

/// A local file held open by path alone, for as long as somebody needs it.
package final class HeldFile: Sendable {
  /// The file.
  package let descriptor: OwnedDescriptor

  /// Keeps a file open.
  package init(_ descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }
}
