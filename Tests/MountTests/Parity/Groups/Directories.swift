extension ScenarioGroup {
  /// mkdir(2) and rmdir(2).
  static let directories = ScenarioGroup(
    name: "directories",
    script: """
      scenario mkdir
      mkdir new 0755
      lstat new type,mode,nlink,uid,gid
      list new
      mkdir new/sub 0700
      lstat new nlink
      lstat new/sub mode,nlink
      mkdir dir/new 0755
      list dir
      rmdir new/sub
      lstat new nlink

      scenario modes and umask
      umask 0
      each 0,0777,0700,0111,01777,02777,04777,07777 mkdir m{} {}
      each m0,m0777,m0700,m0111,m01777,m02777,m04777,m07777 lstat {} mode
      umask 027
      mkdir a 0777
      umask 0777
      mkdir b 0777
      each a,b lstat {} mode

      scenario names that are taken
      each file,dir,link,dangling,to-dir,empty,.,..,/,dir/.,dir/..,dir/sub mkdir {}
      each file/,dir/,link/,dangling/,to-dir/ mkdir {}
      list .

      scenario slashes at the end
      mkdir new/
      mkdir newer//
      mkdir new/sub/
      mkdir none/.
      mkdir none/..
      list .
      list new

      scenario paths that lead nowhere
      symlink loop loop
      each missing/x,file/x,link/x,dangling/x,loop/x,loop,@empty,@name256,dir/@name256 mkdir {}
      each @path4096:new,@path4095:new mkdir {}
      mkdir @name255
      mkdir @name255/@name255
      rmdir @name255/@name255
      rmdir @name255
      list .

      scenario names of any bytes
      mkdir %01%ff%20
      mkdir %c3%a4
      mkdir ...
      mkdir -
      mkdir %5c%22%27%2a%3f
      list .
      rmdir %01%ff%20
      rmdir ...
      list .

      scenario who owns a new directory
      chmod . 0777
      as 1001:2001 mkdir a 0755
      as 1001:2001:2002 mkdir b 0755
      each a,b lstat {} uid,gid,mode

      scenario the group of what is made in a directory with the set-group-ID bit
      mkdir shared 0777
      chown shared 0 2001
      chmod shared 02777
      umask 022
      as 1001:1001 mkdir shared/dir 0755
      as 1001:1001 open shared/file O_CREAT 0644
      as 1001:1001 open shared/sgid O_CREAT 02755
      as 1001:1001 mkfifo shared/fifo 0644
      as 1001:1001 symlink x shared/link
      as 1001:1001 mknod shared/node file 0644
      as 1001:2001 open shared/member O_CREAT 02755
      as 1001:1001:2001 open shared/member2 O_CREAT 02755
      as 1001:1001 mkdir shared/dir/deeper 0700
      mkdir shared/of-root 0700
      open shared/file-of-root O_CREAT 02755
      each dir,file,sgid,fifo,link,node,member,member2,dir/deeper,of-root,file-of-root lstat shared/{} uid,gid,mode

      scenario the set-group-ID bit on a directory that was there
      chown dir 0 2001
      chmod dir 02777
      as 1001 mkdir dir/new 0755
      as 1001 put dir/made 0644 text
      as 1001 mkdir dir/new/er 0755
      each dir,dir/new,dir/made,dir/new/er,dir/sub lstat {} gid,mode
      as 1001 rename dir/made dir/renamed
      put outside 0644
      rename outside dir/outside
      each dir/renamed,dir/outside lstat {} gid

      scenario permissions of mkdir
      as 1001 mkdir new
      as 1001 mkdir dir/new
      as 1001 mkdir dir
      as 1001 mkdir missing/new
      chmod dir 0777
      as 1001 mkdir dir/new
      chmod dir 0666
      as 1001 mkdir dir/other
      as 1001 mkdir dir/sub
      chmod dir 0333
      as 1001 mkdir dir/other
      as 1001 open dir O_RDONLY
      list dir

      scenario rmdir
      mkdir new
      rmdir new
      lstat new
      rmdir new
      mkdir new
      mkdir new/sub
      rmdir new
      rmdir new/sub
      rmdir new
      list .

      scenario rmdir of what was there
      rmdir dir
      rmdir other
      rmdir dir/sub
      unlink dir/sub/deep
      rmdir dir/sub
      rmdir dir
      unlink dir/inner
      rmdir dir
      list .
      stat to-dir
      mkdir dir 0700
      list dir
      stat dir mode,nlink
      put dir/inner 0644 another
      cat dir/inner
      list dir

      scenario rmdir of what is no directory
      each file,link,dangling,to-dir,empty,missing rmdir {}
      each file/,link/,dangling/,to-dir/,missing/ rmdir {}
      mkfifo p 0644
      rmdir p
      list .

      scenario rmdir of dots
      mkdir new
      each .,..,new/.,new/..,dir/.,dir/.. rmdir {}
      rmdir new/
      rmdir dir/
      list .

      scenario rmdir by paths that lead nowhere
      symlink loop loop
      each missing/x,file/x,link/x,dangling/x,loop/x,loop,@empty,@name256,@path4096:dir rmdir {}

      scenario permissions of rmdir
      mkdir new
      as 1001 rmdir new
      chmod . 0777
      as 1001 rmdir new
      mkdir dir/new
      as 1001 rmdir dir/new
      chmod dir 0777
      as 1001 rmdir dir/new
      as 1001 rmdir dir/sub
      mkdir secret 0777
      chmod secret 0666
      as 1001 rmdir secret/x

      scenario rmdir in a sticky directory
      mkdir sticky
      chmod sticky 01777
      as 1001 mkdir sticky/a
      as 1002 mkdir sticky/b
      mkdir sticky/c
      each a,b,c as 1001 rmdir sticky/{}
      chown sticky 1003 -
      each b,c as 1003 rmdir sticky/{}
      list sticky

      scenario a directory that is open while it is removed
      mkdir new
      open new O_RDONLY,O_DIRECTORY -> h
      rmdir new
      fstat h type,nlink
      opendir new
      at h open x O_CREAT
      at h mkdir x
      at h symlink x y
      at h link x y
      at h stat .
      at h stat ..  type
      at h stat missing
      fchmod h 0700
      fstat h mode
      fchdir h
      getcwd
      open x O_CREAT
      list .
      stat .
      chdir ..
      getcwd

      scenario the working directory is removed
      mkdir new
      chdir new
      rmdir ../new
      getcwd
      open x O_CREAT
      mkdir x
      rmdir .
      mkdir ../new
      getcwd
      list ../new
      chdir ../new
      getcwd

      scenario unlinkat
      mkdir new
      unlinkat new -
      unlinkat file REMOVEDIR
      unlinkat new REMOVEDIR
      unlinkat file -
      unlinkat empty UNKNOWN
      unlinkat dir REMOVEDIR
      open dir O_RDONLY -> h
      at h unlinkat inner -
      at h unlinkat sub REMOVEDIR
      at h unlink sub/deep
      at h unlinkat sub REMOVEDIR
      list dir

      scenario deep directories
      descend d 300
      put file 0644 text
      cat file
      getcwd
      stat .. nlink
      unlink file
      ascend d 300
      list .

      scenario deeper than a path can say
      descend @name200 30
      put file 0644 text
      cat file
      stat . nlink
      mkdir new
      list .
      rename file new/file
      cat new/file
      unlink new/file
      rmdir new
      ascend @name200 30
      list .

      """)
}
