/// The directories of a tree, as the paths of its files name them.
struct DirectoryTree {
  /// One directory.
  struct Directory {
    /// Its name; empty for the root.
    let name: [UInt8]
    /// The places of the directories in it, by name.
    fileprivate(set) var children: [Int] = []
    /// The id of its `.gitignore`, if it has one that git would read.
    fileprivate(set) var ignoreFile: [UInt8]?
  }

  /// All directories, the root first.
  private(set) var directories = [Directory(name: [])]
  /// The paths of the files named `.gitignore`.
  private(set) var ignoreFiles: [[UInt8]] = []

  /// Whether there is a `.gitattributes`.
  private(set) var hasAttributesFiles = false

  private static let attributesName = Array(".gitattributes".utf8)
  private static let ignoreName = Array(".gitignore".utf8)

  /// Reads the directories of the files in an index.
  init(of index: [UInt8]) throws(GitWorktreeError) {
    self = try IndexReader.read(index) { reader throws(GitWorktreeError) in try DirectoryTree(of: reader) }
  }

  /// Reads the directories of the files in an index. A submodule is none.
  init(of index: IndexReader) throws(GitWorktreeError) {
    var current: [UInt8] = []
    var way = [0]
    // In an index, what lies in one directory stands together.
    try index.forEach { entry in
      let end = entry.path.lastIndex(of: UInt8(ascii: "/")) ?? 0
      let directory = entry.path[..<end]
      if !directory.elementsEqual(current) {
        enter(directory, from: current, &way)
        current = Array(directory)
      }
      let name = entry.path[(end == 0 ? 0 : end + 1)...]
      if name.count == Self.ignoreName.count, entry.mode & 0o170000 == 0o100000, name.elementsEqual(Self.ignoreName) {
        directories[way[way.count - 1]].ignoreFile = Array(entry.id)
        ignoreFiles.append(Array(entry.path))
      }
      if name.count == Self.attributesName.count, name.elementsEqual(Self.attributesName) { hasAttributesFiles = true }
    }
    // The order of paths is not that of names: a slash sorts behind a hyphen, and the end of a name before it.
    for place in directories.indices where directories[place].children.count > 1 {
      directories[place].children = directories[place].children.sorted {
        directories[$0].name.lexicographicallyPrecedes(directories[$1].name)
      }
    }
  }

  /// Goes from the directory `current`, at the end of `way`, to another one that was not there yet.
  private mutating func enter(_ directory: Slice<UnsafeRawBufferPointer>, from current: [UInt8], _ way: inout [Int]) {
    let slash = UInt8(ascii: "/")
    let names = directory.split(separator: slash)
    let shared = zip(names, current.split(separator: slash)).prefix { $0.elementsEqual($1) }.count
    way.removeSubrange((shared + 1)...)
    for name in names[shared...] {
      directories.append(Directory(name: Array(name)))
      directories[way[way.count - 1]].children.append(directories.count - 1)
      way.append(directories.count - 1)
    }
  }

  /// Calls `body` with each directory, those below one right after it.
  func forEachInDepth(_ body: (Directory) -> Void) {
    var waiting = [0]
    while let place = waiting.popLast() {
      body(directories[place])
      waiting += directories[place].children.reversed()
    }
  }
}
