internal import TestSupport

/// Makes up the steps of a script, the same ones for the same seed and the same answers of git.
struct ScriptGenerator {
  /// What is known of the places now.
  var state = ScriptState()
  private var random: SeededRandom
  private var planned: [Planned] = []
  private var deck: [Scenario] = []
  private var rounds = 0
  /// The scenarios that have come up.
  private(set) var drawn: Set<String> = []
  private var serial = 0

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
  }

  /// The next step, for places that are in this state.
  mutating func next(_ state: ScriptState) -> Step {
    self.state = state
    serial += 1
    // Somebody looks at things, or changes something, while something else is going on.
    if !planned.isEmpty, oneIn(10), case .step(let step) = any(Scenario.edits + Scenario.looks).make(&self).first {
      return step
    }
    while true {
      if planned.isEmpty { plan() }
      switch planned.removeFirst() {
      case .step(let step): return step
      case .resolve: planned.insert(contentsOf: resolution(), at: 0)
      case .finish(let ending): planned.insert(contentsOf: finish(ending), at: 0)
      }
    }
  }

  private mutating func plan() {
    if state.progress != nil, !oneIn(4) {
      planned = wayOut()
      return
    }
    if deck.isEmpty {
      // In the first round each scenario comes up once, so that a script of some length has them all.
      let isFirst = rounds == 0
      deck = Scenario.all.flatMap { Array(repeating: $0, count: isFirst ? 1 : $0.weight) }.shuffled(using: &random)
      rounds += 1
    }
    if let scenario = deck.popLast() {
      drawn.insert(scenario.name)
      planned = scenario.make(&self)
    }
    if planned.isEmpty { planned = [.git("status")] }
  }

  // MARK: - Conflicts

  /// Something for each conflict, though not for all of very many.
  private mutating func resolution() -> [Planned] {
    var steps: [Planned] = []
    for path in state.conflicts.prefix(6) {
      switch number(0..<6) {
      case 0: steps += [.git("checkout", "--ours", "--", path), .git("add", "-A", "--", path)]
      case 1: steps += [.git("checkout", "--theirs", "--", path), .git("add", "--", path)]
      case 2: steps += [.git("rm", "-q", "--", path)]
      case 3: steps += [.git("add", "-A", "--", path)]
      default: steps += [.edit(.write(path, text())), .git("add", "--", path)]
      }
    }
    return steps
  }

  private mutating func finish(_ ending: Planned.Ending) -> [Planned] {
    let command: String
    switch state.progress {
    case .merge: command = "merge"
    case .rebase: command = "rebase"
    case .apply: command = "am"
    case .cherryPick: command = "cherry-pick"
    case .revert: command = "revert"
    case .bisect: return [.git("bisect", "reset")]
    case nil: return []
    }
    switch ending {
    case .abort: return [.git(command, "--abort")]
    case .skip: return [.git(command, command == "merge" ? "--quit" : "--skip")]
    case .proceed:
      if command == "merge", oneIn(2) { return [.git("commit", "--no-edit")] }
      return [.git(command, "--continue")]
    }
  }

  /// Out of what git is in the middle of.
  private mutating func wayOut() -> [Planned] {
    switch number(0..<8) {
    case 0: finish(.skip)
    case 1, 2: finish(.abort)
    // Whatever stands in the way of the other ends.
    case 3: [.git("reset", "-q", "--hard"), .finish(.abort)]
    default: [.git("status"), .resolve, .finish(.proceed)]
    }
  }

  // MARK: - Arguments

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func oneIn(_ count: Int) -> Bool { number(0..<count) == 0 }

  mutating func any<Element>(_ elements: [Element]) -> Element { elements[number(0..<elements.count)] }

  private mutating func any(_ paths: [String], otherwise path: String) -> String {
    paths.isEmpty ? path : any(paths)
  }

  /// A file that is there.
  mutating func file() -> String {
    if oneIn(2) {
      // Where branches differ.
      let prefix = any(["conflict/", "src/lib-", "kinds/", "case/", "docs/", "win/", "bin/", "odd/"])
      let files = state.files.filter { $0.hasPrefix(prefix) }
      if !files.isEmpty { return any(files) }
    }
    return any(state.files, otherwise: "README.md")
  }

  /// A file that has changed, mostly.
  mutating func changedFile() -> String { oneIn(5) ? file() : any(state.changed, otherwise: file()) }

  /// A file that git does not know, mostly.
  mutating func untrackedFile() -> String { any(state.untracked, otherwise: file()) }

  /// Anything that is there.
  mutating func path() -> String {
    switch number(0..<8) {
    case 0: link()
    case 1, 2: directory()
    default: file()
    }
  }

  mutating func link() -> String { any(state.links, otherwise: "link-to-file") }

  mutating func directory() -> String { any(state.directories, otherwise: "src") }

  /// A path that is mostly not there.
  mutating func newPath() -> String {
    let name = any([
      "new-\(number(0..<10))", "new-\(number(0..<10)).txt", "new.c", "new.bat", "x.log", "x.o", "x.tmp", "Name.txt",
      "name.txt", "-new", "new name", "n\u{fc}", "build/out.o", "made/deep/new",
    ])
    return oneIn(4) ? name : "\(directory())/\(name)"
  }

  /// A few lines that nothing else has.
  mutating func text() -> String {
    var lines = (0..<number(1..<9)).map { "step \(serial) line \($0)" }
    if oneIn(10) { lines = lines.map { $0 + "\r" } }
    if oneIn(20) { lines.append("\0") }
    return lines.joined(separator: "\n") + (oneIn(6) ? "" : "\n")
  }

  /// One line that nothing else has.
  mutating func line() -> String { "step \(serial) changed" }

  /// A message of a commit.
  mutating func message() -> String { "step \(serial)" }

  mutating func branch() -> String {
    let usual = ["main", "feature", "topic"] + SampleHistory.kinds + SampleHistory.conflicts
    return oneIn(3) ? any(state.branches, otherwise: "main") : any(usual)
  }

  mutating func newBranch() -> String { "branch-\(number(0..<12))" }

  mutating func revision() -> String {
    switch number(0..<9) {
    case 0, 1: "HEAD"
    case 2, 3: "HEAD~\(number(1..<4))"
    case 4: any(["HEAD^2", "ORIG_HEAD", "@{1}", "main~2", "stash@{0}"])
    case 5: any(state.tags, otherwise: "v1.0")
    default: branch()
    }
  }

  /// What users do before something that needs a clean tree; now and then they forget.
  mutating func clean() -> [Planned] {
    switch number(0..<8) {
    case 0: []
    case 1: [.git("stash", "push", "-q", "-u")]
    case 2: [.git("add", "-A"), .git("commit", "-q", "-m", message())]
    case 3: [.git("reset", "-q", "--hard")]
    default: [.git("checkout", "-q", "-f", "-B", newBranch(), any(["main", "main", "work", "topic"]))]
    }
  }
}
