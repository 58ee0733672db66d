# Dependencies point downward only (design.md, Layout), and what is long is
# shown.

use CRM::Test;

use File::Basename qw(basename);

my %forbidden = (
    'src/base'   => qr/ngx_|hiredis/,
    'src/domain' => qr/ngx_|hiredis/,
    'src/mail'   => qr/ngx_|hiredis/,
    'src/http'   => qr/hiredis/,
);

my @order = qw(src/base src/domain src/mail src/store src/http);


sub lines {
    my ($file) = @_;

    open my $fh, '<:encoding(UTF-8)', $file or die "$file: $!";

    return <$fh>;
}


sub includes {
    my ($file) = @_;

    return map { /^\s*#\s*include\s*[<"]([^>"]+)/ ? $1 : () } lines($file);
}


my %layer;

for my $dir (@order) {
    $layer{ basename($_) } = $dir for glob "$dir/*.h";
}


for my $dir (sort keys %forbidden) {
    my @wrong;

    for my $file (glob "$dir/*.[ch]") {
        push @wrong, map { "$file includes $_" }
                     grep { $_ =~ $forbidden{$dir} } includes($file);
    }

    is("@wrong", '', "$dir includes nothing that it must not know");
}


for my $n (0 .. $#order) {
    my @wrong;
    my %above = map { $_ => 1 } @order[$n + 1 .. $#order];

    for my $file (glob "$order[$n]/*.[ch]") {
        push @wrong, map { "$file includes $_" }
                     grep { $layer{$_} && $above{ $layer{$_} } }
                     includes($file);
    }

    is("@wrong", '', "$order[$n] includes nothing from above");
}


my @hiredis = grep {
    my $file = $_;
    grep { /hiredis/ } includes($file);
} grep { -e } glob 'ngx_http_crm_module.c src/*/*.[ch]';

is("@hiredis", "src/store/crm_redis_hiredis.c", 'one file includes hiredis');


# nginx flattens objects to addon/<last directory>/<file>.o

my %objects;
$objects{$_}++ for map { m{([^/]+/[^/]+)\.c$} } glob 'src/*/*.c src/*/*/*.c';
is(join(' ', grep { $objects{$_} > 1 } sort keys %objects), '',
   'no two sources make the same object');


my @long;

for my $file (grep { -e } glob 'ngx_http_crm_module.c src/*/*.[ch] lua-free-tests/*.c') {
    my @text = lines($file);
    my $start;

    push @long, scalar(@text) . " lines  $file" if @text > 600;

    for my $n (1 .. @text) {
        $start = $n if $text[$n - 1] =~ /^\{/;

        if ($text[$n - 1] =~ /^\}/ && defined $start) {
            push @long, $n - $start - 1 . " lines  $file:$start"
                if $n - $start - 1 > 60;
            undef $start;
        }
    }
}

note("functions over 60 lines, files over 600:\n  ", join("\n  ", @long))
    if @long;

done_testing;
