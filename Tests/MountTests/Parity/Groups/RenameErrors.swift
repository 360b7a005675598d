extension ScenarioGroup {
  /// rename(2), where it has to refuse.
  static let renameErrors = ScenarioGroup(
    name: "rename refuses",
    script: """
      scenario rename what is not there
      rename missing new
      rename missing file
      rename missing missing
      rename missing dir
      rename dir/missing other/new
      rename dangling/x new
      list .

      scenario rename to where nothing is
      rename file missing/new
      rename dir missing/new
      rename file dangling/new
      cat file

      scenario rename by way of a file
      rename file/x new
      rename file dir/inner/x
      rename file empty/x
      rename dir file/x
      rename link/x new
      rename file/ new
      rename file new/
      rename file/. new
      rename empty file/

      scenario rename with slashes at the end
      rename dir/ moved
      rename moved dir/
      rename dir/ moved/
      rename moved// dir
      rename to-dir/ new
      rename link/ new
      rename dangling/ new
      rename dir dangling/
      rename dir to-dir/
      rename file other/
      rename file to-dir/
      list .

      scenario rename a file onto a directory
      rename file dir
      mkdir new 0755
      rename file new
      rename file to-dir
      list .

      scenario rename a directory onto what is none
      rename dir file
      rename dir link
      rename dir dangling
      mkfifo fifo 0644
      rename dir fifo
      list .

      scenario rename onto a directory with something in it
      rename other dir
      rename dir other
      rename dir dir/sub
      rename dir/sub dir
      rename dir/sub other
      mkdir new 0755
      put new/file 0644
      rename dir new
      list dir
      list other

      scenario rename a directory into itself
      rename dir dir/new
      rename dir dir/sub/new
      rename dir dir/sub
      rename dir dir/inner
      rename dir dir
      rename dir dir/
      rename dir/sub dir/sub/x
      rename . dir/new
      list dir

      scenario rename a directory into itself by way of a link
      rename dir to-dir/new
      rename dir to-dir/sub/new
      rename to-dir to-dir/new
      list .
      list dir

      scenario rename dots
      rename . new
      rename .. new
      rename dir .
      rename dir ..
      rename dir/. new
      rename dir/.. new
      rename file dir/.
      rename file dir/..
      rename dir other/.
      rename dir other/..
      rename missing .
      rename . .
      rename . missing/new
      list .

      scenario rename by names that are too long
      rename @name256 new
      rename file @name256
      rename file dir/@name256
      rename missing @name256
      rename @name256/x new
      rename file @name256/x
      rename @path4096:file new
      rename file @path4096:new
      rename @path4095:file @path4095:new
      cat new

      scenario rename by the empty name
      rename @empty new
      rename file @empty
      rename @empty @empty

      scenario rename by way of a loop
      symlink loop loop
      symlink ping pong
      symlink pong ping
      rename loop/x new
      rename file loop/x
      rename file ping/x
      rename loop other-loop
      readlink other-loop
      rename file ping
      lstat ping type
      chain c 41 dir
      rename c40/inner new
      rename c41/sub new-sub
      list .

      scenario rename without write permission
      chmod . 0755
      as 1001 rename file new
      as 1001 rename file file
      as 1001 rename missing new
      chmod dir 0777
      as 1001 rename file dir/new
      as 1001 rename dir/inner new
      as 1001 rename dir/inner dir/outer
      as 1001 rename dir/outer other/kept
      list dir

      scenario rename without search permission
      chmod . 0777
      chmod dir 0600
      as 1001 rename dir/inner new
      as 1001 rename file dir/new
      as 1001 rename dir/missing new
      as 1001 rename dir/sub/deep new
      chmod dir 0711
      as 1001 rename dir/inner new
      chmod dir 0666
      as 1001 rename dir/inner new
      chmod dir 0733
      as 1001 rename dir/inner new
      list .

      scenario rename a directory needs to write to it where its parent changes
      chmod . 0777
      mkdir mine 0777
      mkdir to 0777
      chmod mine 0777
      chmod to 0777
      as 1001 mkdir mine/sub 0755
      chmod mine/sub 0555
      chown mine/sub 1001 1001
      as 1001 rename mine/sub mine/renamed
      as 1001 rename mine/renamed to/sub
      as 1001 rename dir renamed-dir
      as 1001 rename renamed-dir to/dir
      mkdir dir2 0777
      chmod dir2 0777
      as 1001 rename dir2 to/dir2
      list to
      list mine

      scenario rename in a sticky directory
      mkdir sticky 0777
      chmod sticky 01777
      mkdir plain 0777
      chmod plain 0777
      as 1001 put sticky/a 0666 a
      as 1002 put sticky/b 0666 b
      as 1002 put plain/c 0666 c
      as 1003 rename sticky/a sticky/x
      as 1003 rename sticky/a plain/x
      as 1003 rename plain/c sticky/x
      as 1002 rename plain/c sticky/a
      as 1002 rename sticky/a sticky/b
      as 1001 rename sticky/a sticky/b
      as 1001 rename sticky/a sticky/z
      as 1002 rename sticky/b plain/b
      chown sticky 1003 1003
      as 1003 rename sticky/z sticky/y
      as 1003 mkdir sticky/d 0777
      as 1001 rename sticky/d sticky/e
      as 1003 rename sticky/d sticky/e
      list sticky
      list plain

      scenario rename between file systems
      rename file /sys/new
      rename /proc/self/status new
      rename dir /proc/new
      cat file

      scenario rename out of and into a removed directory
      mkdir gone 0755
      open gone O_RDONLY,O_DIRECTORY -> gone
      rmdir gone
      open . O_RDONLY,O_DIRECTORY -> home
      at gone,home rename file new
      at home,gone rename file new
      at home,gone rename dir new
      list .

      scenario a failed rename changes nothing
      mark . file dir dir/inner other
      rename file dir
      rename dir file
      rename dir dir/sub/new
      rename other dir
      rename missing new
      rename file missing/new
      each .,file,dir,dir/inner,other changed {}

      """)
}
