internal import Posix

extension MountUsers {
  /// The paths of what processes have open or mapped below a mountpoint, or run, from there: as far as this process may see,
  /// and where the same is mounted elsewhere, not what is used there.
  package static func openPaths(in mountpoint: String) -> Set<[UInt8]> {
    let top = Array("\(mountpoint)/".utf8)
    var paths: Set<[UInt8]> = []
    for name in (try? FileCalls.names("/proc")) ?? [] where name.first?.isNumber == true {
      for file in (try? FileCalls.names("/proc/\(name)/fd")) ?? [] {
        guard
          let target = try? EntryCalls.linkTarget(
            at: FileCalls.workingDirectory, Array("/proc/\(name)/fd/\(file)".utf8))
        else { continue }
        if target.starts(with: top) { paths.insert(Array(target.dropFirst(top.count))) }
      }
      // A program that runs is mapped.
      for line in ((try? FileCalls.contents("/proc/\(name)/maps")) ?? []).split(separator: UInt8(ascii: "\n")) {
        guard let start = line.firstIndex(of: UInt8(ascii: "/")) else { continue }
        if line[start...].starts(with: top) { paths.insert(Array(line[start...].dropFirst(top.count))) }
      }
    }
    return paths
  }
}
