internal import Projection
internal import Synchronization

/// Several pathspecs: what any of them means, less what any exclusion means.
final class PathspecList: PathSelection {
  private let wanted: [Pathspec]
  private let excluded: [Pathspec]
  private let specs: [String]
  // A leaf lock. Which of `wanted` something matched.
  private let found = Mutex<Set<Int>>([])

  /// Reads pathspecs that are written at `prefix`. Exclusions alone are taken from everything there.
  init(_ specs: [String], at prefix: String, top: String) throws(Pathspec.Mistake) {
    var (wanted, names, excluded): ([Pathspec], [String], [Pathspec]) = ([], [], [])
    for text in specs {
      let spec = try Pathspec(text, at: prefix, top: top)
      if spec.isExclusion {
        excluded.append(spec)
      } else {
        wanted.append(spec)
        names.append(text)
      }
    }
    if wanted.isEmpty {
      wanted = [try Pathspec(":(literal).", at: prefix, top: top)]
      names = ["."]
    }
    (self.wanted, self.excluded, self.specs) = (wanted, excluded, names)
  }

  /// The pathspecs that nothing matched.
  var missing: [String] {
    let found = found.withLock { $0 }
    return specs.indices.filter { !found.contains($0) }.map { specs[$0] }
  }

  func coverage(of directory: [UInt8]) -> PathCoverage {
    if excluded.contains(where: { $0.covers(directory) }) { return .none }
    let covering = wanted.indices.filter { wanted[$0].covers(directory) }
    found.withLock { $0.formUnion(covering) }
    let others = wanted.indices.filter { !covering.contains($0) && wanted[$0].mayMatch(below: directory) }
    if covering.isEmpty { return others.isEmpty ? .none : .some }
    // Of what is asked for by itself as well it is to be seen whether it is there.
    return others.isEmpty && !excluded.contains { $0.mayMatch(below: directory) } ? .all : .some
  }

  func selects(_ path: [UInt8]) -> Bool {
    let matching = wanted.indices.filter { wanted[$0].matches(path) }
    guard !matching.isEmpty else { return false }
    found.withLock { $0.formUnion(matching) }
    return !excluded.contains { $0.matches(path) }
  }
}
