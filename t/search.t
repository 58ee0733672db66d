# q: words in name, contact, company, e-mail, phone; Persian and Arabic text;
# with filters, orders, pages; words that many records have.

use utf8;
use CRM::Test;
use CRM::Util qw(ids);

use Mojo::JSON;

my $crm   = CRM::Test->tenant;
my $sales = $crm->user;


sub lead {
    my (%fields) = @_;

    my $res = $crm->post('/leads', { name => 'Lead', user_id => undef,
                                     %fields });
    die $res->describe if $res->status != 201;

    return $res->json->{id};
}


sub found {
    my ($q, %query) = @_;

    my $res = $crm->get('/leads', query => { q => $q, sort => 'id',
                                             %query });

    return $res->status == 200 ? ids($res) : $res->describe;
}


my $website = lead(name => 'Website redesign', contact_name => 'Sara Ahmadi',
                   company_name => 'Ärzte GmbH',
                   email => 'sara.ahmadi@mail-shop.example',
                   phone => '+98 912 345 6789');
my $persian = lead(name => 'پروژهٔ بهار', contact_name => 'علي كريمي',
                   company_name => 'می‌خواهم', phone => '۰۲۱-۸۸۷۷۶۶۵۵');
my $other   = lead(name => 'Webinar 2026', phone => '0049 30 1234567',
                   email => 'info@AHMADI.example',
                   user_id => $crm->user->id);
my $lost    = lead(name => 'Website lost');
$crm->post("/leads/$lost/lost");

my @tests = (
    # what is asked            what is found
    [ 'website',               [$website] ],
    [ 'WEB',                   [$website, $other] ],
    [ 'we',                    [$website, $other] ],
    [ 'ebsite',                [] ],
    [ 'redesign website',      [$website] ],
    [ 'web 2026',              [$other] ],
    [ 'web sara',              [$website] ],
    [ 'website sara nobody',   [] ],
    [ 'a website r',           [$website] ],
    [ 'website b',             [] ],
    [ 'web 2',                 [$other] ],
    [ 'ahmadi',                [$website, $other] ],
    [ 'arzte',                 [$website] ],
    [ 'ÄRZTE gmbh',            [$website] ],
    [ 'sara.ahmadi@mail-shop.example', [$website] ],
    [ 'shop',                  [$website] ],
    [ 'info@ahmadi',           [$other] ],
    [ '+98 912 345 6789',      [$website] ],
    [ '989123456789',          [$website] ],
    [ '09123456789',           [$website] ],
    [ '0912',                  [$website] ],
    [ '۰۹۱',                   [$website] ],
    [ '0913',                  [] ],
    [ '9123456',               [$website] ],
    [ '۰۹۱۲۳۴۵۶۷۸۹',           [$website] ],
    [ '٠٩١٢٣٤٥',               [$website] ],
    [ '02188776655',           [$persian] ],
    [ '2188776655',            [$persian] ],
    [ '+49301234567',          [$other] ],
    [ '0049301234',            [$other] ],
    [ 'بهار',                  [$persian] ],
    [ 'پروژه',                 [$persian] ],
    [ 'پر',                    [$persian] ],
    [ 'علی کریمی',             [$persian] ],
    [ 'علي',                   [$persian] ],
    [ 'می خواهم',              [$persian] ],
    [ 'خواه',                  [$persian] ],
    [ '٢٠٢٦',                  [$other] ],
);

is_deeply(found($_->[0]), $_->[1], "q=$_->[0]") for @tests;

is_deeply(found('website', active => 'any'), [$website, $lost],
          'archived ones when asked for');
is_deeply(found('website', state => 'lost'), [$lost], 'with a state');
is_deeply(found('web', user_id => 'none'), [$website], 'with a user');
is_deeply(ids($sales->get('/leads?q=web')), [$website],
          'a salesperson finds own and nobody\'s');
is($sales->get('/leads?q=web&total=true')->json->{total}, 1,
   '... and counts those');

$crm->problem_ok($crm->get('/leads', query => { q => $_ }), 400,
                 'invalid_parameter', undef, "q=$_: 400")
    for '', ' ', 'a', 'a b', '؟', '۵';

$crm->problem_ok($crm->get('/leads', query => {
                     q => join ' ', map { "w$_" } 1000 .. 1050 }),
                 400, 'invalid_parameter', undef, '51 words: 400');

$crm->patch("/leads/$website", { name => 'Portal', phone => undef });
is_deeply(found('redesign'), [], 'a changed name is not found by the old one');
is_deeply(found('portal'), [$website], '... but by the new one');
is_deeply(found('9123456'), [], 'a removed phone');
$crm->delete("/leads/$website");
is_deeply(found('portal'), [], 'a deleted one');


# ---- many -----------------------------------------------------------------

# 2,600 records, so that ids span two sets of words, and more match than are
# sorted at once

my $user = $crm->user->id;

for my $round (0 .. 25) {
    my $res = $crm->post('/leads/batch', { operations => [ map {
        my $n = $round * 100 + $_;
        { op => 'create', body => {
            name    => 'Common ' . ($n % 7 ? 'thing' : 'seventh') . " n$n",
            user_id => $n % 2 ? $user : undef,
            expected_revenue => $n % 50 ? $n % 10 * 100 : undef,
            priority => $n % 3,
        } }
    } 1 .. 100 ] });

    die $res->describe if $res->status != 200 || $res->json->{failed};
}


sub pages {
    my ($client, $limit, %query) = @_;

    my (@ids, $cursor);

    for (1 .. 200) {
        my $res = $client->get('/leads', query => {
            %query, limit => $limit, $cursor ? (cursor => $cursor) : () });

        return [ $res->describe ] if $res->status != 200;

        push @ids, @{ ids($res) };
        $cursor = $res->json->{next_cursor} // last;
    }

    return \@ids;
}


my $base = $other + 1;      # id of number 0: the lost one stands before
my @n    = 1 .. 2600;

sub id { return map { $_ + $base } @_ }

is_deeply(pages($crm, 1000, q => 'common', sort => 'id'), [ id(@n) ],
          'a word that all have');
is_deeply(pages($crm, 300, q => 'common'), [ id(reverse @n) ],
          '... newest first');
is_deeply(pages($crm, 1000, q => 'seventh common', sort => '-id'),
          [ id(grep { $_ % 7 == 0 } reverse @n) ], 'two words');
is_deeply(pages($crm, 10, q => 'n777'), [ id(777) ], 'a rare one');
is_deeply(pages($crm, 300, q => 'common s'),
          [ id(grep { $_ % 7 == 0 } reverse @n) ],
          'one of one letter narrows as the others do');
is_deeply(pages($crm, 1000, q => 'co', sort => 'id'), [ id(@n) ],
          'two letters');

for my $client ($crm, $sales) {
    my @own = $client == $crm ? @n : grep { $_ % 2 == 0 } @n;

    my @sorted = sort {
        ($b % 50 ? 1 : 0) <=> ($a % 50 ? 1 : 0)
        || ($a % 50 ? $b % 10 <=> $a % 10 : 0) || $b <=> $a
    } @own;

    is_deeply(pages($client, 190, q => 'common', sort => '-expected_revenue'),
              [ id(@sorted) ], 'by revenue: ties, unset ones last');
    is_deeply(pages($client, 1000, priority => 1, sort => '-priority'),
              [ id(grep { $_ % 3 == 1 } reverse @own) ], 'one priority');
    is_deeply(pages($client, 333, q => 'thing', sort => 'name'),
              [ id(sort { "n$a" cmp "n$b" } grep { $_ % 7 } @own) ],
              'by name');

    my $json = $client->get('/leads?q=common&total=true&limit=1')->json;
    is($json->{total}, scalar @own, 'total');
}

is_deeply(pages($crm, 100, sort => '-expected_revenue', limit => 100),
          pages($crm, 1000, sort => '-expected_revenue'),
          'without words: the same order in small pages and in large');
is_deeply(pages($crm, 170, sort => 'probability'),
          pages($crm, 1000, sort => 'probability'),
          'thousands of ties');

# the record at the end of a page goes away: its place stays

my $page = $crm->get('/leads?sort=probability&limit=500&q=common')->json;
my $last = $page->{data}[-1]{id};

$crm->patch("/leads/$last", { probability => 90 });

is($crm->get('/leads', query => { sort => 'probability', limit => 1,
                                  q => 'common',
                                  cursor => $page->{next_cursor} })
       ->json->{data}[0]{id}, $last + 1, 'after the cursor\'s record moved');

my $plain = $crm->get('/leads?sort=probability&limit=600')->json;
$last = $plain->{data}[-1]{id};
my $after = $crm->get('/leads', query => {
    sort => 'probability', limit => 3, cursor => $plain->{next_cursor} });

$crm->delete("/leads/$last");

is_deeply(ids($crm->get('/leads', query => {
              sort => 'probability', limit => 3,
              cursor => $plain->{next_cursor} })), ids($after),
          '... or was deleted, among thousands of ties');


# ---- while others write ---------------------------------------------------

my (%seen, $cursor);

for my $round (1 .. 100) {
    my $res = $crm->get('/leads', query => {
        sort => '-expected_revenue', limit => 60, user_id => $user,
        $cursor ? (cursor => $cursor) : () });

    die $res->describe if $res->status != 200;

    $seen{$_}++ for @{ ids($res) };
    $cursor = $res->json->{next_cursor} // last;

    # new ones, deleted ones, others' fields

    lead(name => "New $round", user_id => $user,
         expected_revenue => $round % 10 * 100);
    $crm->delete("/leads/" . (id(2 * $round))[0]);
    $crm->patch("/leads/" . (id(2 * $round + 1))[0], { color => 1 });
}

my @odd = grep { $_ % 2 && $_ + $base != $last } @n;

is_deeply([ grep { !$seen{$_} } id(@odd) ], [], 'a walk skips nothing');
is_deeply([ grep { $seen{$_} > 1 } keys %seen ], [], '... repeats nothing');

# more words than are looked up
my @twelve = map { "longish$_" } 'a' .. 'l';
my $dozen = lead(name => "@twelve");
lead(name => "@twelve[ 0 .. 10 ]");
is_deeply(found("@twelve"), [$dozen], 'a dozen of words');
is_deeply(found("@twelve[ 1 .. 11 ] nothing"), [], '... each of which counts');

$crm->check_clean;

done_testing;
