extension ScenarioGroup {
  /// readdir(3), telldir(3), seekdir(3), rewinddir(3), and getdents64(2) below them.
  static let listing = ScenarioGroup(
    name: "listing",
    script: """
      scenario what there is
      list .
      list dir
      list dir/sub
      list to-dir
      list other
      each file,missing,file/x,link,dangling,@empty list {}
      mkdir new
      list new
      mkfifo new/p 0644
      mknod new/c char:1:3 0644
      bind new/s
      symlink x new/l
      put new/f 0644
      mkdir new/d
      list new

      scenario a stream
      opendir dir -> d
      readdir d 2
      readdir d
      seen d
      readdir d
      readdir d 1
      rewinddir d
      forget d
      readdir d
      seen d
      close d

      scenario a directory that has been changed already
      put dir/new 0644
      unlink dir/inner
      symlink x dir/link
      rename dir/sub/deep dir/deep
      list dir
      list dir/sub
      mkdir dir/inner
      list dir
      rmdir dir/inner
      put dir/inner 0644
      list dir

      scenario rewinding shows what is new
      opendir dir -> d
      readdir d
      put dir/new 0644
      unlink dir/inner
      rewinddir d
      forget d
      readdir d
      seen d
      rename dir/new dir/newer
      rewinddir d
      forget d
      readdir d
      seen d

      scenario reading on after a change shows what stays exactly once
      mkdir new
      chdir new
      many make keep 100
      many make go 100
      opendir . -> d
      readdir d 20
      many remove go 100
      many make come 100
      readdir d 20
      rename come1 gone1
      drain d
      all-once d keep 100

      scenario a large directory
      mkdir new
      chdir new
      many make entry-with-a-longer-name- 2000
      opendir . -> d
      readdir d
      all-once d entry-with-a-longer-name- 2000
      rewinddir d
      forget d
      readdir d 1000
      many remove entry-with-a-longer-name- 1000
      rewinddir d
      forget d
      readdir d
      readdir d
      chdir ..
      rmdir new

      scenario removing what was shown, as rm does
      mkdir new
      chdir new
      many make a 300
      opendir . -> d
      readdir d 150
      many remove a 300
      drain d
      list .
      chdir ..
      rmdir new

      scenario positions
      mkdir new
      chdir new
      many make a 50
      opendir . -> d
      again d 5
      again d 10
      telldir d -> here
      again d 3
      seekdir d here
      again d 5
      readdir d
      telldir d -> end
      readdir d
      seekdir d here
      forget d
      readdir d
      seekdir d end
      readdir d

      scenario positions in a directory that changes
      mkdir new
      chdir new
      many make keep 50
      opendir . -> d
      readdir d 20
      telldir d -> here
      readdir d 5
      many make come 30
      seekdir d here
      drain d
      many remove come 30
      rewinddir d
      forget d
      readdir d
      all-once d keep 50

      scenario positions in a directory that was there
      opendir . -> d
      again d 2
      again d 4
      rewinddir d
      again d 11
      telldir d -> end
      put new 0644
      seekdir d end
      rewinddir d
      forget d
      readdir d
      seen d

      scenario two streams of one directory
      opendir dir -> one
      opendir dir -> two
      readdir one 2
      readdir two
      readdir one
      seen one
      seen two
      peer opendir dir -> p
      peer readdir p
      peer seen p

      scenario a removed directory
      mkdir new
      put new/file 0644
      opendir new -> d
      unlink new/file
      rmdir new
      readdir d
      rewinddir d
      readdir d

      scenario a renamed directory
      opendir dir -> d
      readdir d 1
      rename dir moved
      put moved/new 0644
      drain d
      seen d inn
      rewinddir d
      forget d
      readdir d
      seen d

      scenario dots after a directory has moved
      mkdir new
      rename dir/sub new/sub
      list new/sub
      ino new expected
      ino new/sub/.. parent
      same expected parent
      ino new/sub expected-self
      ino new/sub/. self
      same expected-self self

      scenario names
      mkdir new
      chdir new
      open @name255 O_CREAT
      open %01%02%7f%80%ff O_CREAT
      open ... O_CREAT
      open .hidden O_CREAT
      open %c3%a4%cc%88 O_CREAT
      open a%20b%0ac O_CREAT
      open * O_CREAT
      open A O_CREAT
      open a O_CREAT
      list .
      unlink A
      list .

      scenario permissions
      chmod dir 0711
      as 1001 list dir
      as 1001 stat dir/inner size
      chmod dir 0744
      as 1001 opendir dir -> d
      readdir d
      seen d
      chmod dir 0700
      as 1001 open dir O_RDONLY
      chown dir 1001 -
      as 1001 list dir

      scenario entries of every size
      mkdir new
      chdir new
      each 1,10,100,150,200,250,251,252,253,254,255 open @name{} O_CREAT
      each 1,10,100,150,200,250,251,252,253,254,255 symlink x @name{}
      opendir . -> d
      readdir d

      """)
}
