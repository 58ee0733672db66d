# Random creations, changes and deletions, with the look-up compared to a plain
# model: records are duplicates where a table says that their keys are equal.
#
#   CRM_SEED=n CRM_OPS=n prove -It/lib t/random_duplicates.t

use utf8;
use CRM::Test;
use Time::HiRes qw(time);

my $seed = $ENV{CRM_SEED} // int(time * 1000) % 1_000_000_000;
my $ops  = $ENV{CRM_OPS} // 600;

my $state = $seed;

note("CRM_SEED=$seed");

my $crm = CRM::Test->tenant;
my $sal = $crm->user(name => 'Sal', role => 'salesperson');
my $sue = $crm->user(name => 'Sue', role => 'salesperson');

my %id = map { $_->{name} => $_->{id} }
         @{ $crm->get('/duplicate-rules')->json->{data} };

# value => key by rule, each said by hand
my %keys = (
    email => {
        'Ada@One.test'       => { 'Same e-mail' => 'ada@one.test',
                                  'Same e-mail domain' => 'one.test' },
        'ada+x@one.test'     => { 'Same e-mail' => 'ada@one.test',
                                  'Same e-mail domain' => 'one.test' },
        'bob@one.test'       => { 'Same e-mail' => 'bob@one.test',
                                  'Same e-mail domain' => 'one.test' },
        'bob@a.one.test'     => { 'Same e-mail' => 'bob@a.one.test',
                                  'Same e-mail domain' => 'a.one.test' },
        'Bob+1@GMAIL.com'    => { 'Same e-mail' => 'bob@gmail.com' },
        'bob@gmail.com'      => { 'Same e-mail' => 'bob@gmail.com' },
        'eve@gmail.com'      => { 'Same e-mail' => 'eve@gmail.com' },
    },
    phone => {
        '+49 151 2345678'    => { 'Same phone' => '512345678' },
        '0151/2345678'       => { 'Same phone' => '512345678' },
        '۰۱۵۱ ۲۳۴ ۵۶۷۸'      => { 'Same phone' => '512345678' },
        '030 1234567'        => { 'Same phone' => '301234567' },
        '110'                => {},
    },
    company_name => {
        'Acme GmbH'          => { 'Same company' => 'acme' },
        'ÀCME, Inc.'         => { 'Same company' => 'acme' },
        'شرکت پارس'          => { 'Same company' => 'پارس' },
        'پارس Ltd'           => { 'Same company' => 'پارس' },
        'Other'              => { 'Same company' => 'other' },
    },
    website => {
        'https://www.one.test/x' => { 'Same website' => 'one.test' },
        'one.test'           => { 'Same website' => 'one.test' },
        'two.test'           => { 'Same website' => 'two.test' },
    },
);

my %confidence = ('Same e-mail' => 95, 'Same phone' => 85,
                  'Same e-mail domain' => 40, 'Same company' => 50,
                  'Same website' => 60);

my %lead;       # id => { fields, user, state, active }


sub roll {
    my ($below) = @_;

    {
        use integer;
        $state = $state * 6_364_136_223_846_793_005
                 + 1_442_695_040_888_963_407;
    }

    return ($state >> 33) % $below;
}


sub pick { return $_[roll(scalar @_)] }


sub fields {
    my %fields;

    for my $field (sort keys %keys) {
        next if roll(3) == 0;
        $fields{$field} = roll(5) ? pick(sort keys %{ $keys{$field} }) : undef;
    }

    return %fields;
}


sub keys_of {
    my ($lead) = @_;

    return map { defined $lead->{$_} ? %{ $keys{$_}{ $lead->{$_} } } : () }
           sort keys %keys;
}


sub archived {
    my ($lead) = @_;

    return !$lead->{active} && $lead->{state} ne 'lost';
}


# [id, confidence, rules in their order] and how many are hidden

sub expected {
    my ($self, $fields, $sees, $any) = @_;

    my %mine = keys_of($fields);
    my ($hidden, @found) = (0);

    for my $id (keys %lead) {
        next if $id == $self || (!$any && archived($lead{$id}));

        my %other = keys_of($lead{$id});
        my @rules = sort { $confidence{$b} <=> $confidence{$a} }
                    grep { defined $other{$_} && $other{$_} eq $mine{$_} }
                    keys %mine;

        next if !@rules;

        if ($sees && $lead{$id}{user} && $lead{$id}{user} != $sees) {
            $hidden++;
            next;
        }

        push @found, [$id + 0, $confidence{ $rules[0] },
                      map { "$id{$_} $mine{$_}" } @rules];
    }

    return [$hidden, sort { $b->[1] <=> $a->[1] || @$b <=> @$a
                            || $a->[0] <=> $b->[0] } @found];
}


sub compare {
    my ($res, $expected, $name) = @_;

    return fail($name) && diag($res->describe) if $res->status != 200;

    my $json = $res->json;
    my $got  = [$json->{hidden}, map {
        my $match = $_;
        [$match->{lead}{id}, $match->{confidence},
         map { "$_->{rule_id} $_->{key}" } @{ $match->{matched} }]
    } @{ $json->{data} }];

    return is_deeply($got, $expected, $name)
           || diag("CRM_SEED=$seed ", $res->describe);
}


sub step {
    my @ids = sort { $a <=> $b } keys %lead;
    my $id  = @ids ? pick(@ids) : 0;
    my $do  = roll(100);

    if (!$id || $do < 35) {
        my %fields = fields();
        my $user = pick($crm->id, $sal->id, $sue->id, undef);
        my $res  = $crm->post('/leads', { name => 'x', %fields,
                                          user_id => $user });

        die $res->describe if $res->status != 201;

        $lead{ $res->json->{id} } = { %fields, user => $user,
                                      state => 'open', active => 1 };
        return;
    }

    my $lead = $lead{$id};

    if ($do < 70) {
        my %fields = fields();
        my $res = $crm->patch("/leads/$id", \%fields);

        die $res->describe if $res->status != 200;

        %$lead = (%$lead, %fields);
        return;
    }

    if ($do < 80) {
        die if $crm->delete("/leads/$id")->status != 204;
        delete $lead{$id};
        return;
    }

    my $action = pick(qw(won lost restore archive));
    my $res    = $crm->post("/leads/$id/$action", {});

    return if $res->status != 200;

    $lead->{state}  = $res->json->{state};
    $lead->{active} = $res->json->{active} ? 1 : 0;

    return;
}


sub look {
    my @ids = sort { $a <=> $b } keys %lead or return;

    my $id = pick(@ids);

    compare($crm->get("/leads/$id/duplicates?limit=1000"),
            expected($id, $lead{$id}, 0, 0), "duplicates of $id");
    compare($crm->get("/leads/$id/duplicates?limit=1000&active=any"),
            expected($id, $lead{$id}, 0, 1), "duplicates of $id, all");

    my %fields = fields();

    compare($sal->post('/duplicates/check?limit=1000', \%fields),
            expected(0, \%fields, $sal->id, 0), 'a check, as Sal');
}


# every set of open records that share a key, once

sub groups {
    my %set;

    for my $id (sort { $a <=> $b } keys %lead) {
        next if $lead{$id}{state} ne 'open' || !$lead{$id}{active};

        my %mine = keys_of($lead{$id});
        push @{ $set{"$_ $mine{$_}"} }, $id for keys %mine;
    }

    my %once = map { join(',', @$_) => scalar @$_ }
               grep { @$_ > 1 } values %set;
    my (%got, $cursor, @sizes);

    do {
        my $res = $crm->get('/duplicates?fields=id&limit=7'
                            . (defined $cursor ? "&cursor=$cursor" : ''));

        for (@{ $res->json->{data} }) {
            my @ids = map { $_->{id} } @{ $_->{leads} };

            $got{ join ',', @ids }++;
            push @sizes, scalar @ids;
        }

        $cursor = $res->json->{next_cursor};
    } while (defined $cursor);

    is_deeply(\%got, { map { $_ => 1 } keys %once }, 'groups')
        || diag("CRM_SEED=$seed");
    is_deeply(\@sizes, [sort { $b <=> $a } @sizes], 'largest first');
}


for my $n (1 .. $ops) {
    step();
    look() if $n % 10 == 0;
    groups() if $n % 100 == 0;
}

$crm->check_clean;

done_testing;
