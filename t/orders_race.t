# Orders from two workers at once: numbers without gaps or doubles, one
# confirmation each, and nothing lost of the lead that all of them belong to.

use utf8;
use CRM::Test;

my $server = CRM::Test->private(workers => 2);
my $crm    = CRM::Test->tenant(server => $server);
my $sales  = $crm->user;
my @line   = ({ description => 'x', unit_price => 100 });
my @leads  = map { $crm->post('/leads', { name => "L$_" })->json->{id} }
             1 .. 3;


sub creation {
    my ($i, %fields) = @_;

    return [ 'POST', '/orders',
             { json => { lines => [{ description => 'x',
                                     unit_price => 100 + $i }], %fields } } ];
}


# every third one is refused: that must not cost a number
my @answers = $crm->concurrently(
    map { creation($_, $_ % 3 ? (lead_id => $leads[$_ % 2]) : ()),
          $_ % 3 ? () : creation($_, contact_id => 999) } 1 .. 120);

my @made = grep { $_->status == 201 } @answers;

is(scalar @made, 120, 'all are created');
is_deeply([ sort map { $_->json->{number} } @made ],
          [ map { sprintf 'S%05d', $_ } 1 .. 120 ],
          'numbers without gaps or doubles');

# the same confirmed twice, and cancelled: in some order, one after another
my @of = grep { defined $_->json->{lead_id} } @made;
my @ids = map { $_->json->{id} } @of[0 .. 29];

@answers = $crm->concurrently(
    map { my $id = $_; map { [ 'POST', "/orders/$id/confirm",
                               { json => {} } ] } 1, 2 } @ids);

is(scalar(grep { $_->status == 200 } @answers), 30, 'each confirmed once');
is(scalar(grep { $_->status == 409 } @answers), 30, 'and not twice');

for my $lead (@leads[0, 1]) {
    my ($best) = sort { $b <=> $a }
                 map { $_->json->{total} }
                 grep { $_->json->{lead_id} == $lead } @of[0 .. 29];

    is($crm->get("/leads/$lead")->json->{expected_revenue}, $best,
       'the lead has the highest of them');
}

# given away while orders come: none is left behind
@answers = $crm->concurrently(
    (map { creation($_, lead_id => $leads[2]) } 1 .. 40),
    (map { [ 'PATCH', "/leads/$leads[2]",
             { json => { user_id => $_ % 2 ? $sales->id : $crm->id } } ] }
     1 .. 5),
    (map { [ 'PATCH', "/orders/$ids[$_]",
             { json => { lead_id => $leads[2] } } ] } 0 .. 9));

is(scalar(grep { $_->status >= 400 } @answers), 0, 'all are done');
$crm->patch("/leads/$leads[2]", { user_id => $sales->id });
is($sales->get("/orders?lead_id=$leads[2]&total=true")->json->{total}, 50,
   'whoever has the lead has its orders');

# deleted while orders come
@answers = $crm->concurrently(
    (map { creation($_, lead_id => $leads[2]) } 1 .. 20),
    [ 'DELETE', "/leads/$leads[2]", {} ],
    (map { [ 'POST', "/orders/$ids[$_]/cancel", { json => {} } ] } 0 .. 9));

is(scalar(grep { $_->status >= 500 } @answers), 0, 'nothing breaks');
is($crm->get("/orders?lead_id=$leads[2]&total=true")->json->{total}, 0,
   'orders of a deleted lead are nobody\'s');

# the currency changes only while there is no amount
for my $round (1 .. 5) {
    my $new = CRM::Test->tenant(server => $server);

    @answers = $new->concurrently(
        (map { creation($_) } 1 .. 3),
        [ 'PATCH', '/settings', { json => { currency => 'JPY' } } ],
        (map { creation($_) } 1 .. 3));

    my ($changed) = splice @answers, 3, 1;

    is(scalar(grep { $_->status == 201 } @answers), 6, 'orders come');
    ok($changed->status == 409
       || ($changed->status == 200
           && !(grep { $_->json->{created_at}
                       lt $changed->json->{updated_at} } @answers)),
       'an amount keeps its currency');
}

$crm->check_clean;

done_testing;
